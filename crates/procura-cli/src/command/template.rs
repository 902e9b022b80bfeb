//! Shows the templates that `procura delegate --template` can expand.

use std::process::ExitCode;

use anyhow::Context as _;
use procura_core::json::Object;
use procura_core::template::{BUILT_IN, Template};

use crate::command::delegate::given;
use crate::command::inspect::{safe, table};
use crate::context::Context;

/// List and show templates.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum Command {
    /// The templates that come with Procura
    List,
    /// What one template gives, and what has to be filled in
    Show {
        /// A template's name, or a file
        #[arg(value_name = "NAME|FILE")]
        name: String,
    },
}

const EXAMPLES: &str = "\
Examples:
  procura template list
  procura template show open-pull-request
  procura delegate --as user:alice --to coder --template open-pull-request \\
    --set owner=acme --set repo=web --set branch=fix-login";

pub(crate) fn run(arguments: Arguments, ctx: &Context) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::List => list(ctx)?,
        Command::Show { name } => show(&given::find(&name)?, ctx)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(ctx: &Context) -> anyhow::Result<()> {
    let templates: Vec<Template> =
        BUILT_IN.iter().map(|text| Template::parse(text)).collect::<Result<_, _>>()?;
    let rows: Vec<[String; 2]> =
        templates.iter().map(|one| [one.name().to_owned(), one.about().to_owned()]).collect();
    let json: Vec<Object> = templates
        .iter()
        .map(|one| Object::new().with("name", one.name()).with("about", one.about()))
        .collect();
    ctx.say(|| table::lines(&rows, 0), Object::new().with("templates", json))
}

/// Parameters, and the tools with the parameters' names in their places.
fn show(template: &Template, ctx: &Context) -> anyhow::Result<()> {
    let parameters: Vec<[String; 3]> = template
        .parameters()
        .map(|(name, parameter)| {
            let default = parameter.default.as_ref().map_or_else(
                || "must be given".to_owned(),
                |default| format!("usually {}", safe::text(default)),
            );
            [name.to_owned(), default, safe::text(&parameter.about)]
        })
        .collect();
    let named: Vec<(String, String)> =
        template.parameters().map(|(name, _)| (name.to_owned(), name.to_uppercase())).collect();
    let shown = template.expand(&named).context("the template does not expand")?;
    let json = Object::new()
        .with("name", template.name())
        .with("about", template.about())
        .with(
            "parameters",
            template
                .parameters()
                .map(|(name, parameter)| {
                    Object::new()
                        .with("name", name)
                        .with("about", parameter.about.as_str())
                        .with("default", parameter.default.clone())
                })
                .collect::<Vec<_>>(),
        )
        .with("tools", shown.tools.to_object())
        .with("detail", shown.detail.as_ref().map(|detail| detail.to_object()));
    let human = || {
        let mut text = format!("{}\n\n", safe::text(template.about()));
        text.push_str(&table::titled(["parameter", "value", "what it is"], &parameters, 0));
        text.push('\n');
        let rows = crate::command::inspect::hops::tool_rows(&shown.tools);
        text.push_str(&table::titled(["tool", "argument", "rule"], &rows, 0));
        text.push_str(&crate::command::inspect::hops::detail(shown.detail.as_ref(), 0));
        text
    };
    ctx.say(human, json)
}
