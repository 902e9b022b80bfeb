//! What the options of a delegation add up to: tools, scopes and ceilings.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use procura_core::detail::{AgentDelegation, Scope, Scopes};
use procura_core::template::{self, Template, TemplateError};
use procura_core::tools::{Arguments as ToolArguments, Tools};

use super::{Arguments, allow, ceiling};
use crate::command::inspect::safe;
use crate::context::read_object;
use crate::failure::{Exit, Failure};

/// What is given.
pub(super) struct Given {
    pub(super) tools: Tools,
    pub(super) detail: Option<AgentDelegation>,
}

/// Reads all options; a tool that two of them name is refused, as nobody can say
/// which of the two is meant.
pub(super) fn read(arguments: &Arguments) -> anyhow::Result<Given> {
    let mut tools = allowed(arguments)?;
    let mut scopes: Vec<Scope> = Vec::new();
    let mut detail = None;
    for text in &arguments.scope {
        let scope = template::scope_from_colons(text).map_err(|reason| {
            Failure::usage(format!("--scope: {}", safe::text(&reason)), "`procura delegate --help`")
        })?;
        if scope.as_str().ends_with(".*") {
            scopes.push(scope);
        } else {
            add(&mut tools, scope.as_str(), ToolArguments::any())?;
        }
    }
    if let Some(name) = &arguments.template {
        let expansion = find(name)?.expand(&settings(&arguments.set)?).map_err(unusable)?;
        for (tool, held) in expansion.tools.iter() {
            add(&mut tools, tool, held.clone())?;
        }
        detail = expansion.detail;
    }
    let ceilings = ceiling::parse(&arguments.ceiling)?;
    if scopes.is_empty() && ceilings.is_empty() && detail.is_none() {
        return Ok(Given { tools, detail: None });
    }
    // Where scopes are named, a call needs one: each tool that is given brings its own.
    scopes.extend(tools.iter().filter_map(|(tool, _)| Scope::parse(tool)));
    let mut all = AgentDelegation::new(Scopes::new(scopes));
    if let Some(detail) = detail {
        detail.scopes().iter().for_each(|scope| all.add_scope(scope.clone()));
        detail.ceilings().for_each(|ceiling| all.insert(ceiling.clone()));
    }
    ceilings.into_iter().for_each(|ceiling| all.insert(ceiling));
    Ok(Given { tools, detail: Some(all) })
}

fn add(tools: &mut Tools, tool: &str, held: ToolArguments) -> anyhow::Result<()> {
    if tools.get(tool).is_some() {
        let tool = safe::text(tool);
        return Err(Failure::usage(
            format!("two options give {tool}"),
            "name each tool once: in --allow, --tools, --scope or the template",
        )
        .into());
    }
    tools.insert(tool, held);
    Ok(())
}

fn allowed(arguments: &Arguments) -> anyhow::Result<Tools> {
    let mut tools = allow::parse(&arguments.allow).map_err(|error| Failure {
        exit: Exit::Usage,
        message: error.to_string(),
        next: Some("`procura delegate --help` lists the rules".into()),
    })?;
    let Some(file) = &arguments.tools else {
        return Ok(tools);
    };
    let read = Tools::parse(&read_object(file)?.into()).map_err(|refusal| {
        Failure::usage(
            format!("{}: {}", file.display(), safe::text(&refusal.reason)),
            "the file holds an object of tools, as in docs/formats/delegation.md",
        )
    })?;
    for (tool, held) in read.iter() {
        add(&mut tools, tool, held.clone())?;
    }
    Ok(tools)
}

fn settings(given: &[String]) -> anyhow::Result<Vec<(String, String)>> {
    let pair = |text: &String| {
        let (name, value) = text.split_once('=').ok_or_else(|| {
            let text = safe::text(text);
            Failure::usage(format!("--set: `{text}` has no `=`"), "write --set NAME=VALUE")
        })?;
        Ok((name.to_owned(), value.to_owned()))
    };
    given.iter().map(pair).collect()
}

/// A built-in template by its name, or one in a file.
pub(crate) fn find(name: &str) -> anyhow::Result<Template> {
    if let Some(template) = template::built_in(name) {
        return Ok(template);
    }
    let path = Path::new(name);
    if !path.exists() {
        return Err(Failure::usage(
            format!("there is no template and no file `{}`", safe::text(name)),
            "`procura template list` shows the templates; a file needs its path",
        )
        .into());
    }
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    Ok(Template::parse(&text).map_err(unusable)?)
}

pub(crate) fn unusable(error: TemplateError) -> Failure {
    Failure::usage(
        format!("the template cannot be used: {}", safe::text(&error.to_string())),
        "`procura template show NAME` lists its parameters; give each with --set NAME=VALUE",
    )
}
