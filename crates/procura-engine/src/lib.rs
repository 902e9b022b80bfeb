//! Use cases and ports: enrol, authorize, record, approve, revoke.
