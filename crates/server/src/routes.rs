//! Every route, in the order of the vendor's index.

use crate::{
    App, accounts, auth, deployments, device_groups, devices,
    document::MEDIA_TYPE,
    error::{method_not_allowed, not_found},
    gate, group_devices, health,
    impstead::{
        audit, collaborators, logs as impstead_logs, password, quota, sessions, totp, unbonding_key, virtual_imps,
        webhook_deliveries, webhook_secret,
    },
    libraries, line, log_streams, login_keys, logs, openapi, products, reference, refresh_tokens,
    shape::Shape,
    webhooks,
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
    /// Its other query parameters.
    pub parameters: &'static [&'static str],
    /// Whether it may answer with a stream of events that does not end by itself.
    pub streams: bool,
    pub(crate) body: Option<RequestBody>,
    pub(crate) success: u16,
    pub(crate) answer: Option<fn(&mut SchemaGenerator) -> Schema>,
    pub(crate) media_type: &'static str,
    pub(crate) headers: &'static [&'static str],
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
        parameters: &[],
        streams: false,
        body: None,
        success: 204,
        answer: None,
        media_type: MEDIA_TYPE,
        headers: &[],
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
        self.media::<T>("application/json")
    }

    /// The route answers with something of a media type.
    fn media<T: JsonSchema>(self, media_type: &'static str) -> Self {
        Self { success: 200, answer: Some(SchemaGenerator::subschema_for::<T>), media_type, ..self }
    }

    /// The route reads these parameters of the query.
    fn parameters(self, parameters: &'static [&'static str]) -> Self {
        Self { parameters, ..self }
    }

    /// The route may answer with a stream of events.
    fn streams(self) -> Self {
        Self { success: 200, streams: true, ..self }
    }

    /// The route reads these headers, beside those of [`Access`]; none is required.
    fn headers(self, headers: &'static [&'static str]) -> Self {
        Self { headers, ..self }
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

    /// The route answers with a status and no body.
    fn answers(self, success: u16) -> Self {
        Self { success, ..self }
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
        post("/v5/auth", "auth.login", "Sign in with a password; complete that with a one-time password", auth::login)
            .public().takes::<wire::Login>().headers(&["X-Electricimp-OTP-Token"]).plain::<wire::Tokens>().fails(&[400, 401, 403]),
        post("/v5/auth/token", "auth.exchange", "Exchange a refresh token or a login key for an access token", auth::exchange)
            .public().takes::<wire::TokenExchange>().plain::<wire::Tokens>().fails(&[400, 404]),

        get("/v5/accounts", "accounts.list", "List the caller's account and those it collaborates on", accounts::list)
            .list::<wire::Account>(&[]).fails(&[400]),
        get("/v5/accounts/{account}", "accounts.show", "Read an account, by id, user name, e-mail address or `me`", accounts::show)
            .one::<wire::Account>(200).fails(&[404]),
        get("/v5/accounts/{account}/capabilities", "accounts.capabilities", "Read what the caller may do on an account", accounts::capabilities)
            .one::<wire::Capabilities>(200).fails(&[404]),
        get("/v5/accounts/me/refresh_tokens", "refresh_tokens.list", "List refresh tokens", refresh_tokens::list)
            .list::<wire::RefreshToken>(&[]).fails(&[400]),
        delete("/v5/accounts/me/refresh_tokens/{refresh_token}", "refresh_tokens.delete", "Revoke a refresh token", refresh_tokens::delete)
            .fails(&[404]),
        get("/v5/accounts/me/login_keys", "login_keys.list", "List login keys", login_keys::list)
            .list::<wire::LoginKey>(&[]).fails(&[400]),
        post("/v5/accounts/me/login_keys", "login_keys.create", "Create a login key", login_keys::create)
            .confirmed().creates(&login_keys::SHAPE).one::<wire::LoginKey>(201).fails(&[400, 403, 409]),
        get("/v5/accounts/me/login_keys/{login_key}", "login_keys.show", "Read a login key", login_keys::show)
            .one::<wire::LoginKey>(200).fails(&[404]),
        patch("/v5/accounts/me/login_keys/{login_key}", "login_keys.update", "Change a login key's description", login_keys::update)
            .confirmed().updates(&login_keys::SHAPE).one::<wire::LoginKey>(200).fails(&[400, 403, 404, 409]),
        delete("/v5/accounts/me/login_keys/{login_key}", "login_keys.delete", "Delete a login key", login_keys::delete)
            .confirmed().fails(&[403, 404]),

        get("/v5/products", "products.list", "List products", products::list)
            .list::<wire::Product>(&["owner.id"]).fails(&[400]),
        post("/v5/products", "products.create", "Create a product", products::create)
            .creates(&products::SHAPE).one::<wire::Product>(201).fails(&[400, 403, 404, 409]),
        get("/v5/products/{product}", "products.show", "Read a product", products::show)
            .one::<wire::Product>(200).fails(&[404]),
        patch("/v5/products/{product}", "products.update", "Change a product", products::update)
            .updates(&products::SHAPE).one::<wire::Product>(200).fails(&[400, 403, 404, 409]),
        delete("/v5/products/{product}", "products.delete", "Delete a product without device groups", products::delete)
            .fails(&[403, 404, 409]),

        get("/v5/devicegroups", "devicegroups.list", "List device groups", device_groups::list)
            .list::<wire::DeviceGroup>(&["owner.id", "product.id", "type"]).fails(&[400]),
        post("/v5/devicegroups", "devicegroups.create", "Create a device group", device_groups::create)
            .creates(&device_groups::SHAPE).one::<wire::DeviceGroup>(201).fails(&[400, 403, 404, 409]),
        get("/v5/devicegroups/{devicegroup}", "devicegroups.show", "Read a device group", device_groups::show)
            .one::<wire::DeviceGroup>(200).fails(&[403, 404]),
        patch("/v5/devicegroups/{devicegroup}", "devicegroups.update", "Change a device group", device_groups::update)
            .updates(&device_groups::SHAPE).one::<wire::DeviceGroup>(200).fails(&[400, 403, 404, 409]),
        delete("/v5/devicegroups/{devicegroup}", "devicegroups.delete", "Delete a device group with its deployments", device_groups::delete)
            .fails(&[403, 404, 409]),
        post("/v5/devicegroups/{devicegroup}/restart", "devicegroups.restart", "Restart all devices of a group", device_groups::restart)
            .fails(&[403, 404]),
        post("/v5/devicegroups/{devicegroup}/conditional_restart", "devicegroups.conditional_restart", "Restart the devices that run an unsupported deployment, ask the others to", device_groups::conditional_restart)
            .fails(&[403, 404]),
        post("/v5/devicegroups/{devicegroup}/relationships/devices", "devicegroups.add_devices", "Assign or move devices to a group", group_devices::add)
            .takes::<wire::DeviceList>().fails(&[400, 403, 404]),
        delete("/v5/devicegroups/{devicegroup}/relationships/devices", "devicegroups.remove_devices", "Remove devices from a group", group_devices::remove)
            .takes::<wire::DeviceList>().headers(&["X-Electricimp-Key"]).fails(&[400, 403, 404]),
        put("/v5/devicegroups/{devicegroup}/relationships/min_supported_deployment", "devicegroups.set_min_supported_deployment", "Raise the minimum supported deployment", device_groups::set_min_supported_deployment)
            .takes::<wire::Document<wire::Linkage>>().one::<wire::Deployment>(200).fails(&[400, 403, 404, 409]),

        get("/v5/deployments", "deployments.list", "List deployments, newest first", deployments::list)
            .list::<wire::Deployment>(&["owner.id", "creator.id", "product.id", "devicegroup.id", "sha", "flagged", "flagger.id", "tags"]).fails(&[400]),
        post("/v5/deployments", "deployments.create", "Deploy code to a device group", deployments::create)
            .creates(&deployments::SHAPE).one::<wire::Deployment>(201).fails(&[400, 403, 404, 409, 413]),
        get("/v5/deployments/{deployment}", "deployments.show", "Read a deployment with its code", deployments::show)
            .one::<wire::Deployment>(200).fails(&[403, 404]),
        patch("/v5/deployments/{deployment}", "deployments.update", "Change a deployment's description, flag or tags", deployments::update)
            .updates(&deployments::SHAPE).one::<wire::Deployment>(200).fails(&[400, 403, 404, 409]),
        delete("/v5/deployments/{deployment}", "deployments.delete", "Delete a deployment that is no longer supported", deployments::delete)
            .fails(&[403, 404, 409]),

        get("/v5/devices", "devices.list", "List devices", devices::list)
            .list::<wire::Device>(&["owner.id", "product.id", "devicegroup.id", "devicegroup.owner.id", "devicegroup.type"]).fails(&[400]),
        get("/v5/devices/{device}", "devices.show", "Read a device, by device id, MAC address or agent id", devices::show)
            .one::<wire::Device>(200).fails(&[403, 404]),
        patch("/v5/devices/{device}", "devices.update", "Rename a device", devices::update)
            .updates(&devices::SHAPE).one::<wire::Device>(200).fails(&[400, 403, 404, 409]),
        delete("/v5/devices/{device}", "devices.delete", "Remove an unassigned device from the account", devices::delete)
            .fails(&[403, 404, 409]),
        post("/v5/devices/{device}/restart", "devices.restart", "Restart a device", devices::restart)
            .fails(&[403, 404, 409]),
        post("/v5/devices/{device}/conditional_restart", "devices.conditional_restart", "Restart a device if it runs an unsupported deployment, else ask it to", devices::conditional_restart)
            .fails(&[403, 404, 409]),
        get("/v5/devices/{device}/logs", "devices.logs", "List a device's log entries, newest first", logs::list)
            .list::<wire::LogEntry>(&[]).fails(&[400, 403, 404]),
        get("/v5/devices/{device}/history", "devices.history", "List a device's enrolments and assignments, newest first", devices::history)
            .list::<wire::HistoryEntry>(&[]).fails(&[400, 403, 404]),

        post("/v5/logstream", "logstream.create", "Make a log stream", log_streams::create)
            .one::<wire::LogStream>(201),
        get("/v5/logstream/{logstream}", "logstream.open", "Read a log stream", log_streams::open)
            .public().parameters(&["format"]).streams().fails(&[400, 404]),
        put("/v5/logstream/{logstream}/{device}", "logstream.add_device", "Add a device to a log stream", log_streams::add_device)
            .fails(&[403, 404]),
        delete("/v5/logstream/{logstream}/{device}", "logstream.remove_device", "Remove a device from a log stream", log_streams::remove_device)
            .fails(&[403, 404]),

        get("/v5/webhooks", "webhooks.list", "List webhooks", webhooks::list)
            .list::<wire::Webhook>(&["devicegroup.id"]).fails(&[400]),
        post("/v5/webhooks", "webhooks.create", "Create a webhook", webhooks::create)
            .creates(&webhooks::SHAPE).one::<wire::Webhook>(201).fails(&[400, 403, 404, 409]),
        get("/v5/webhooks/{webhook}", "webhooks.show", "Read a webhook", webhooks::show)
            .one::<wire::Webhook>(200).fails(&[403, 404]),
        patch("/v5/webhooks/{webhook}", "webhooks.update", "Change a webhook's URL or content type", webhooks::update)
            .updates(&webhooks::SHAPE).one::<wire::Webhook>(200).fails(&[400, 403, 404, 409]),
        delete("/v5/webhooks/{webhook}", "webhooks.delete", "Delete a webhook", webhooks::delete)
            .fails(&[403, 404]),

        get("/v5/libraries", "libraries.list", "List Squirrel libraries", libraries::list)
            .list::<wire::Library>(&[]).fails(&[400]),

        get("/impstead/v1/accounts/me/totp", "totp.show", "Read the state of the second factor", totp::show)
            .one::<wire::Totp>(200).fails(&[404]),
        post("/impstead/v1/accounts/me/totp", "totp.begin", "Begin to enrol a second factor", totp::begin)
            .confirmed().one::<wire::Totp>(201).fails(&[403, 404, 409]),
        delete("/impstead/v1/accounts/me/totp", "totp.delete", "Remove the second factor", totp::delete)
            .confirmed().fails(&[403, 404]),
        post("/impstead/v1/accounts/me/totp/confirm", "totp.confirm", "Complete the enrolment of a second factor", totp::confirm)
            .creates(&totp::CONFIRM).one::<wire::Totp>(200).fails(&[400, 404, 409]),
        put("/impstead/v1/accounts/me/password", "password.replace", "Change the password", password::replace)
            .confirmed().creates(&password::SHAPE).fails(&[400, 403, 404, 409]),
        get("/impstead/v1/accounts/me/sessions", "sessions.list", "List the sign-ins that can still obtain access tokens", sessions::list)
            .list::<wire::Session>(&[]).fails(&[400]),
        delete("/impstead/v1/accounts/me/sessions", "sessions.delete_others", "End all sign-ins but the caller's", sessions::delete_others),
        get("/impstead/v1/accounts/me/sessions/{session}", "sessions.show", "Read a sign-in", sessions::show)
            .one::<wire::Session>(200).fails(&[404]),
        delete("/impstead/v1/accounts/me/sessions/{session}", "sessions.delete", "End a sign-in and its access tokens", sessions::delete)
            .fails(&[404]),
        get("/impstead/v1/accounts/me/unbonding_key", "unbonding_key.show", "Say whether there is an unbonding key", unbonding_key::show)
            .one::<wire::UnbondingKey>(200),
        post("/impstead/v1/accounts/me/unbonding_key", "unbonding_key.create", "Make or replace the unbonding key", unbonding_key::create)
            .confirmed().one::<wire::UnbondingKey>(201).fails(&[403, 404]),
        delete("/impstead/v1/accounts/me/unbonding_key", "unbonding_key.delete", "Delete the unbonding key", unbonding_key::delete)
            .confirmed().fails(&[403, 404]),
        get("/impstead/v1/accounts/{account}/collaborators", "collaborators.list", "List the collaborators on an account", collaborators::list)
            .list::<wire::Collaborator>(&[]).fails(&[400, 403, 404]),
        post("/impstead/v1/accounts/{account}/collaborators", "collaborators.create", "Add a collaborator to an account", collaborators::create)
            .creates(&collaborators::SHAPE).one::<wire::Collaborator>(201).fails(&[400, 403, 404, 409]),
        get("/impstead/v1/accounts/{account}/collaborators/{collaborator}", "collaborators.show", "Read a collaborator", collaborators::show)
            .one::<wire::Collaborator>(200).fails(&[403, 404]),
        patch("/impstead/v1/accounts/{account}/collaborators/{collaborator}", "collaborators.update", "Change a collaborator's role", collaborators::update)
            .updates(&collaborators::SHAPE).one::<wire::Collaborator>(200).fails(&[400, 403, 404, 409]),
        delete("/impstead/v1/accounts/{account}/collaborators/{collaborator}", "collaborators.delete", "Remove a collaborator, or leave", collaborators::delete)
            .fails(&[403, 404]),
        get("/impstead/v1/accounts/{account}/quota", "quota.show", "Read an account's limits and what it uses of them", quota::show)
            .one::<wire::Quota>(200).fails(&[403, 404]),
        get("/impstead/v1/audit", "audit.list", "List audit entries, newest first", audit::list)
            .list::<wire::AuditEntry>(&["owner.id", "action", "target.type", "target.id"]).fails(&[400]),
        get("/impstead/v1/audit/{audit_entry}", "audit.show", "Read an audit entry", audit::show)
            .one::<wire::AuditEntry>(200).fails(&[404]),

        get("/impstead/v1/virtual_imps", "virtual_imps.list", "List virtual imps", virtual_imps::list)
            .list::<wire::VirtualImp>(&["owner.id"]).fails(&[400]),
        post("/impstead/v1/virtual_imps", "virtual_imps.create", "Make a virtual imp, which is a device that lives in the server", virtual_imps::create)
            .creates(&virtual_imps::SHAPE).one::<wire::VirtualImp>(201).fails(&[400, 403, 404, 409]),
        get("/impstead/v1/virtual_imps/{device}", "virtual_imps.show", "Read or watch a virtual imp, by device id, MAC address or agent id", virtual_imps::show)
            .one::<wire::VirtualImp>(200).streams().fails(&[403, 404]),
        patch("/impstead/v1/virtual_imps/{device}", "virtual_imps.update", "Change a virtual imp: its name, its board, and what is done to it", virtual_imps::update)
            .updates(&virtual_imps::SHAPE).one::<wire::VirtualImp>(200).fails(&[400, 403, 404, 409]),
        delete("/impstead/v1/virtual_imps/{device}", "virtual_imps.delete", "Delete a virtual imp that is unassigned, with its device", virtual_imps::delete)
            .fails(&[403, 404, 409]),
        post("/impstead/v1/virtual_imps/{device}/start", "virtual_imps.start", "Give a virtual imp power", virtual_imps::start)
            .one::<wire::VirtualImp>(200).fails(&[403, 404]),
        post("/impstead/v1/virtual_imps/{device}/stop", "virtual_imps.stop", "Take a virtual imp's power away", virtual_imps::stop)
            .one::<wire::VirtualImp>(200).fails(&[403, 404]),

        get("/impstead/v1/logs", "logs.list", "List or follow log entries of a device group or a device", impstead_logs::list)
            .list::<wire::LogEntry>(&[]).parameters(&["devicegroup", "device", "type", "q", "format"]).streams().fails(&[400, 403, 404]),
        post("/impstead/v1/webhooks/{webhook}/secret", "webhooks.replace_secret", "Replace the secret with which a webhook's deliveries are signed", webhook_secret::replace)
            .one::<wire::Webhook>(201).fails(&[403, 404]),
        get("/impstead/v1/webhooks/{webhook}/deliveries", "webhook_deliveries.list", "List a webhook's deliveries, newest first", webhook_deliveries::list)
            .list::<wire::WebhookDelivery>(&[]).fails(&[400, 403, 404]),
        get("/impstead/v1/webhooks/{webhook}/deliveries/{delivery}", "webhook_deliveries.show", "Read a delivery to a webhook", webhook_deliveries::show)
            .one::<wire::WebhookDelivery>(200).fails(&[403, 404]),
        post("/impstead/v1/webhooks/{webhook}/deliveries/{delivery}/resend", "webhook_deliveries.resend", "Deliver an event again", webhook_deliveries::resend)
            .one::<wire::WebhookDelivery>(201).fails(&[403, 404]),

        get("/openapi.json", "documentation.openapi", "Describe this API in OpenAPI 3.1", openapi::show)
            .plain::<serde_json::Map<String, serde_json::Value>>(),
        get("/docs", "documentation.reference", "Show this reference", reference::show)
            .media::<String>("text/html; charset=utf-8"),
        get("/", "documentation.index", "Go to the reference", reference::index).answers(307),

        get("/healthz", "operator.healthz", "Say that the process lives", health::healthz)
            .plain::<health::Health>(),
        get("/readyz", "operator.readyz", "Say whether the data can be read and written", health::readyz)
            .plain::<health::Health>(),
        get("/metrics", "operator.metrics", "Prometheus metrics, for loopback addresses", health::metrics)
            .media::<String>(health::METRICS_MEDIA_TYPE).fails(&[404]),
    ]
}

/// Makes the router of all routes, behind the gate.
pub fn router(app: App) -> Router {
    let mut router = Router::new();
    for route in routes() {
        router = router.route(route.path, route.handler);
    }
    router
        .route(line::PATH, axum::routing::get(line::connect))
        .fallback(|| async { not_found("resource") })
        .method_not_allowed_fallback(|| async { method_not_allowed() })
        .layer(axum::middleware::from_fn_with_state(app.clone(), gate::gate))
        .with_state(app)
}
