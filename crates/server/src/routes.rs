//! Every route, in the order of the vendor's index.

use crate::{
    App,
    error::{ApiError, method_not_allowed, not_found},
    gate, health, products,
    shape::Shape,
};
use axum::{Router, handler::Handler, http::Method, routing::MethodFilter, routing::MethodRouter};
use impstead_wire as wire;
use schemars::{JsonSchema, Schema, SchemaGenerator};

/// What a route asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Public,
    /// An access token.
    Token,
    /// An access token and the account's password.
    TokenAndPassword,
}

/// A route, and what the OpenAPI document says of it.
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path, with `{…}` for parameters.
    pub path: &'static str,
    /// Its operation: `<tag>.<operation>`, unique.
    pub operation: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What it asks of its caller.
    pub access: Access,
    /// Filters of a list.
    pub filters: &'static [&'static str],
    /// Whether it is a list in pages.
    pub paged: bool,
    pub(crate) body: Option<RequestBody>,
    pub(crate) success: u16,
    pub(crate) answer: Option<fn(&mut SchemaGenerator) -> Schema>,
    pub(crate) errors: &'static [u16],
    handler: MethodRouter<App>,
}

/// What a route's request body is.
pub(crate) enum RequestBody {
    /// A document that creates a resource.
    Create(&'static Shape),
    /// A document that changes a resource.
    Update(&'static Shape),
    /// Something else.
    Other(fn(&mut SchemaGenerator) -> Schema),
}

fn route<H, T>(method: Method, path: &'static str, operation: &'static str, summary: &'static str, handler: H) -> Route
where
    H: Handler<T, App>,
    T: 'static,
{
    let filter = MethodFilter::try_from(method.clone()).expect("routes have ordinary methods");
    let access =
        if path.starts_with("/v5") || path.starts_with("/impstead/v1") { Access::Token } else { Access::Public };
    Route {
        method,
        path,
        operation,
        summary,
        access,
        filters: &[],
        paged: false,
        body: None,
        success: 204,
        answer: None,
        errors: &[],
        handler: axum::routing::on(filter, handler),
    }
}

fn get<H: Handler<T, App>, T: 'static>(
    path: &'static str,
    operation: &'static str,
    summary: &'static str,
    handler: H,
) -> Route {
    route(Method::GET, path, operation, summary, handler)
}

fn post<H: Handler<T, App>, T: 'static>(
    path: &'static str,
    operation: &'static str,
    summary: &'static str,
    handler: H,
) -> Route {
    route(Method::POST, path, operation, summary, handler)
}

fn put<H: Handler<T, App>, T: 'static>(
    path: &'static str,
    operation: &'static str,
    summary: &'static str,
    handler: H,
) -> Route {
    route(Method::PUT, path, operation, summary, handler)
}

fn patch<H: Handler<T, App>, T: 'static>(
    path: &'static str,
    operation: &'static str,
    summary: &'static str,
    handler: H,
) -> Route {
    route(Method::PATCH, path, operation, summary, handler)
}

fn delete<H: Handler<T, App>, T: 'static>(
    path: &'static str,
    operation: &'static str,
    summary: &'static str,
    handler: H,
) -> Route {
    route(Method::DELETE, path, operation, summary, handler)
}

impl Route {
    /// The route answers anybody.
    fn public(self) -> Self {
        Self { access: Access::Public, ..self }
    }

    /// The route also asks for the account's password.
    fn confirmed(self) -> Self {
        Self { access: Access::TokenAndPassword, ..self }
    }

    /// The route answers with one resource.
    fn one<T: JsonSchema>(self, success: u16) -> Self {
        Self { success, answer: Some(SchemaGenerator::subschema_for::<wire::Document<T>>), ..self }
    }

    /// The route answers with a page of a list that has these filters.
    fn list<T: JsonSchema>(self, filters: &'static [&'static str]) -> Self {
        Self {
            success: 200,
            answer: Some(SchemaGenerator::subschema_for::<wire::List<T>>),
            filters,
            paged: true,
            ..self
        }
    }

    /// The route answers with a document of its own.
    fn plain<T: JsonSchema>(self) -> Self {
        Self { success: 200, answer: Some(SchemaGenerator::subschema_for::<T>), ..self }
    }

    /// The route takes a document that creates a resource.
    fn creates(self, shape: &'static Shape) -> Self {
        Self { body: Some(RequestBody::Create(shape)), ..self }
    }

    /// The route takes a document that changes a resource.
    fn updates(self, shape: &'static Shape) -> Self {
        Self { body: Some(RequestBody::Update(shape)), ..self }
    }

    /// The route takes a document of its own.
    fn takes<T: JsonSchema>(self) -> Self {
        Self { body: Some(RequestBody::Other(SchemaGenerator::subschema_for::<T>)), ..self }
    }

    /// The route may fail in these ways, beside those common to all.
    fn fails(self, errors: &'static [u16]) -> Self {
        Self { errors, ..self }
    }
}

/// Lists every route of the server.
#[rustfmt::skip] // a line per route
pub fn routes() -> Vec<Route> {
    vec![
        get("/v5/products", "products.list", "List products", products::list)
            .list::<wire::Product>(&["owner.id"]).fails(&[400]),
        post("/v5/products", "products.create", "Create a product", products::create)
            .creates(&products::SHAPE).one::<wire::Product>(201).fails(&[400, 403, 404, 409]),
        get("/v5/products/{product}", "products.show", "Read a product", products::show)
            .one::<wire::Product>(200).fails(&[404]),
        patch("/v5/products/{product}", "products.update", "Change a product", products::update)
            .updates(&products::SHAPE).one::<wire::Product>(200).fails(&[400, 403, 404, 409]),
        delete("/v5/products/{product}", "products.delete", "Delete a product", products::delete)
            .fails(&[403, 404, 409]),

        get("/healthz", "operator.healthz", "Say that the process lives", health::healthz),
        get("/readyz", "operator.readyz", "Say whether the data can be read and written", health::readyz),
        get("/metrics", "operator.metrics", "Prometheus metrics, for loopback addresses", health::metrics),
    ]
}

/// Makes the router of all routes, behind the gate.
pub fn router(app: App) -> Router {
    let mut router = Router::new();
    for route in routes() {
        router = router.route(route.path, route.handler);
    }
    router
        .fallback(|| async { not_found("resource") })
        .method_not_allowed_fallback(|| async { ApiError::from(method_not_allowed()) })
        .layer(axum::middleware::from_fn_with_state(app.clone(), gate::gate))
        .with_state(app)
}
