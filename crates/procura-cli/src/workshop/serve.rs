//! The loop: a line in, at most one line out, until the input ends.
//!
//! **Invariant:** standard output carries JSON-RPC messages and nothing else, unless a fault was
//! asked for on the command line.

use std::io::{BufRead, Write};
use std::process::ExitCode;

use serde_json::Value;

use super::fault::{Fault, FaultPlan};
use super::lines::{Line, MAX_LINE, read_line};
use super::message::{self, Request};
use super::session::{CALL_TOOL, Session};

/// Answers every request on `input`, in order, one at a time.
pub(super) fn serve(
    mut input: impl BufRead,
    mut output: impl Write,
    mut session: Session,
    mut plan: FaultPlan,
) -> anyhow::Result<ExitCode> {
    loop {
        let reply = match next(&mut input)? {
            Next::End => return Ok(ExitCode::SUCCESS),
            Next::Nothing => continue,
            Next::Reply(reply) => reply,
            Next::Request(request) => match strike(&mut plan, &request) {
                None => session.answer(request),
                Some(Fault::Die) => return Ok(ExitCode::FAILURE),
                Some(Fault::Hang) => return drain(input),
                Some(Fault::Garbage) => {
                    write_line(&mut output, "this is not JSON")?;
                    continue;
                }
            },
        };
        write_line(&mut output, &reply.to_string())?;
    }
}

enum Next {
    /// A request to answer.
    Request(Request),
    /// A message that could not be read, and what to say about it.
    Reply(Value),
    /// A message that wants no answer.
    Nothing,
    /// The input has ended.
    End,
}

fn next(input: &mut impl BufRead) -> anyhow::Result<Next> {
    Ok(match read_line(input)? {
        Line::End => Next::End,
        Line::TooLong => Next::Reply(message::too_long(MAX_LINE)),
        Line::Message(line) => match message::parse(&line) {
            Ok(Some(request)) => Next::Request(request),
            Ok(None) => Next::Nothing,
            Err(reply) => Next::Reply(reply),
        },
    })
}

fn strike(plan: &mut FaultPlan, request: &Request) -> Option<Fault> {
    if request.method == CALL_TOOL { plan.strike() } else { None }
}

/// Reads on without answering, so that a peer that hangs up still ends this process.
fn drain(mut input: impl BufRead) -> anyhow::Result<ExitCode> {
    while read_line(&mut input)? != Line::End {}
    Ok(ExitCode::SUCCESS)
}

fn write_line(output: &mut impl Write, line: &str) -> anyhow::Result<()> {
    output.write_all(line.as_bytes())?;
    output.write_all(b"\n")?;
    output.flush()?;
    Ok(())
}
