# The rules every call is asked. The roles in `roles.toml` were asked before:
# what they do not permit never comes here.
package procura

# One answer, in this order: the first rule that holds decides.
decision := {
	"effect": "approve",
	"rule": "production",
	"reason": "this call changes production",
	"approval": {"quorum": 1},
} if {
	input.args.environment == "production"
} else := {"effect": "allow", "rule": "default"}
