//! `product list`, `show` and `create`.

use crate::{
    Context, Options, ProductCommand,
    failure::Failure,
    output::{
        list::{fetch, print_json},
        table::{Table, pairs},
        text::{moment, visible},
    },
    session::Session,
};
use impstead_client::{NewProduct, ProductFilter};

pub async fn run(command: ProductCommand, options: &Options, context: &mut Context) -> Result<(), Failure> {
    let mut session = Session::open(options, context)?;
    match command {
        ProductCommand::List => list(session).await,
        ProductCommand::Show { product } => show(session, &product).await,
        ProductCommand::Create(arguments) => {
            let new = NewProduct { name: arguments.name, description: arguments.description, owner: None };
            let product = session.client.products().create(&new).await?;
            if session.json {
                return session.print_json(&product);
            }
            session.say(&format!("Created the product {} ({}).", visible(&product.attributes.name), product.id))
        }
    }
}

async fn list(mut session: Session<'_>) -> Result<(), Failure> {
    let listing = session.client.products().list(&ProductFilter::default());
    if session.json {
        return print_json(listing, "products", session.context).await;
    }
    let mut table = Table::new(["ID", "NAME", "CREATED", "DESCRIPTION"]);
    for product in fetch(listing, "products", session.context).await? {
        let attributes = &product.attributes;
        table.push([
            product.id.clone(),
            attributes.name.clone(),
            moment(attributes.created_at),
            attributes.description.clone().unwrap_or_default(),
        ]);
    }
    session.print_table(&table, "products")
}

async fn show(mut session: Session<'_>, wanted: &str) -> Result<(), Failure> {
    let product = session.product(wanted).await?;
    if session.json {
        return session.print_json(&product);
    }
    let attributes = &product.attributes;
    let text = pairs(
        &[
            ("Id", product.id.clone()),
            ("Name", attributes.name.clone()),
            ("Description", attributes.description.clone().unwrap_or_default()),
            ("Owner", product.relationships.owner.id.clone()),
            ("Creator", product.relationships.creator.id.clone()),
            ("Created", moment(attributes.created_at)),
            ("Updated", moment(attributes.updated_at)),
        ],
        &session.context.environment,
    );
    Ok(session.context.stdout.write_all(text.as_bytes())?)
}
