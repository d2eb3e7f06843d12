//! `/impstead/v1/virtual_imps`: devices that are programs and live in the server.

mod outputs;

use crate::{
    App,
    caller::Caller,
    document::{Created, Listed, NoContent, One, Reply},
    error::{ApiError, device_in_use, invalid_attribute, member, not_found},
    log_streams,
    page::{Ids, ListQuery},
    shape::{Attribute, Body, Kind, Relationship, Shape, Write},
};
use axum::{
    extract::State,
    http::{HeaderMap, Method},
    response::{IntoResponse, Response},
};
use impstead_device_protocol::DeviceSecret;
use impstead_model::{Right, Side, canonical_mac};
use impstead_runtime::board_of;
use impstead_store::{NewBoard, NewDevice, NewVirtualImp, OWN_BOARD, VirtualImp, VirtualImpChange};
use impstead_wire::{self as wire, Linkage, SelfLink, Timestamp};
use platform::board::{Board, Change};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const STARTED: &str = "started";
const STOPPED: &str = "stopped";

/// The text of a board; its reader counts bytes.
const MOST_BOARD_CHARS: usize = 256 * 1024;

/// Where what is done to an imp is in a request's body.
const INPUTS: &str = "/data/attributes/inputs";

pub const SHAPE: Shape = Shape {
    types: &["virtual_imp"],
    attributes: &[
        Attribute { name: "name", kind: Kind::NullableText { max: 255 }, write: Write::Optional },
        Attribute {
            name: "imp_type",
            kind: Kind::OneOf(&["imp001", "imp002", "imp003", "imp004", "imp005", "imp006"]),
            write: Write::OptionalOnce,
        },
        Attribute { name: "board", kind: Kind::NullableText { max: MOST_BOARD_CHARS }, write: Write::Optional },
        Attribute { name: "inputs", kind: Kind::Inputs, write: Write::UpdateOnly },
        Attribute { name: "state", kind: Kind::OneOf(&[STARTED, STOPPED]), write: Write::OptionalOnce },
    ],
    relationships: &[Relationship { name: "owner", required: false, changeable: false }],
};

/// `GET /impstead/v1/virtual_imps`: the caller's own, or an account's.
pub async fn list(caller: Caller, State(app): State<App>, query: ListQuery) -> Reply<Listed<wire::VirtualImp>> {
    let owner = query.filter("owner.id").map(|id| caller.account_named(id));
    let page = app.store.virtual_imps(&caller.session().reach, owner.as_ref(), query.page).await?;
    Ok(Listed::new(&query, page, |imp| resource(&app, imp)))
}

/// `POST /impstead/v1/virtual_imps`
pub async fn create(caller: Caller, State(app): State<App>, body: Body) -> Reply<Created<wire::VirtualImp>> {
    let fields = SHAPE.create(&body)?;
    let owner = fields.relationship("owner").map_or("me", |(_, id)| id);
    let owner = caller.account_named(owner);
    caller.may(Right::Operate(Side::Development), &owner, "account")?;
    let board = match fields.text("board") {
        Some(board) => Some(new_board(&app, board).await.map(|(board, read)| (board, imp_type(&read)))?),
        None => None,
    };
    let imp_type = match (fields.text("imp_type"), &board) {
        (Some(named), Some((_, of_board))) if named != *of_board => {
            return Err(invalid_attribute(
                "/data/attributes/imp_type",
                format!("The board says another type: `{of_board}`. It need not be said twice."),
            ));
        }
        (_, Some((_, of_board))) => of_board.clone(),
        (named, None) => named.unwrap_or_else(|| "imp006".into()),
    };
    let device = NewDevice {
        id: None,
        mac: None,
        owner,
        imp_type,
        plan_id: None,
        // It gets another secret each time it is powered.
        public_key: DeviceSecret::from_seed(&app.entropy.bytes()).public_key(),
    };
    let name = fields.nullable_text("name").flatten().filter(|name| !name.is_empty());
    let is_started = fields.text("state").is_none_or(|state| state == STARTED);
    let new = NewVirtualImp { device, name, is_started, board: board.map(|(board, _)| board) };
    let imp = app.store.create_virtual_imp(new, caller.act(&app)).await?;
    Ok(Created(resource(&app, imp)))
}

/// `GET /impstead/v1/virtual_imps/{device}`: by device id, MAC address or agent id. To who accepts a stream of events: what
/// changes on its outputs.
pub async fn show(
    caller: Caller,
    State(app): State<App>,
    method: Method,
    headers: HeaderMap,
    ids: Ids,
) -> Reply<Response> {
    let imp = find(&app, &caller, &ids, Right::ReadInside).await?;
    if log_streams::accepts_stream(&headers) {
        return outputs::stream(&app, &caller, &method, imp.device.id).await;
    }
    let board_file = app.store.virtual_imp_board(&imp.device.id).await?.and_then(|board| board.file);
    let seen = app.imps.see(&imp.device.id).await;
    let mut shown = resource(&app, imp);
    shown.attributes.board_file = board_file;
    shown.attributes.outputs = seen.map(outputs::all);
    Ok(One(shown).into_response())
}

/// `PATCH /impstead/v1/virtual_imps/{device}`: sets the name, which an empty one removes; puts it on another board; does
/// something to it from outside.
pub async fn update(caller: Caller, State(app): State<App>, ids: Ids, body: Body) -> Reply<One<wire::VirtualImp>> {
    let imp = find(&app, &caller, &ids, Right::Operate).await?;
    let is_it = |named: &str| {
        named.eq_ignore_ascii_case(imp.device.id.as_str())
            || canonical_mac(named).is_some_and(|mac| mac == imp.device.mac_address)
            || imp.device.assignment.as_ref().is_some_and(|assignment| assignment.agent_id == named)
    };
    let current = resource(&app, imp.clone());
    let fields = SHAPE.update(&body, "virtual_imp", &current, is_it)?;
    let named = |name: Option<String>| name.filter(|name| !name.is_empty());
    let mut change = VirtualImpChange { name: fields.nullable_text("name").map(named), ..VirtualImpChange::default() };
    let mut on = None;
    if let Some(board) = fields.nullable_text("board") {
        let (board, read) = match board {
            Some(board) => new_board(&app, board).await.map(|(board, read)| (Some(board), read))?,
            None => (None, board_of(None, &imp.device.imp_type)),
        };
        change.board = Some((board, imp_type(&read)));
        on = Some(read);
    }
    let mut changes = Vec::new();
    if let Some(given) = fields.value("inputs").and_then(Value::as_object) {
        let on = if let Some(on) = on {
            on
        } else {
            change.on_board = Some(imp.board_number);
            board_now(&app, &imp).await?
        };
        changes = inputs(&on, given, &mut change)?;
        may_press(&app, &imp, &change, &changes).await?;
    }
    let changed = if change.is_empty() {
        imp.clone()
    } else {
        let changed = app.store.change_virtual_imp(&imp.device.id, change, caller.act(&app)).await?;
        changed.ok_or_else(|| not_found("virtual imp"))?
    };
    if changed.board_number == imp.board_number {
        app.imps.change(&changed.device.id, changes).await;
    }
    Ok(One(resource(&app, changed)))
}

/// Reads a board: the name of one that is ready, or the text of one.
async fn new_board(app: &App, named: String) -> Result<(NewBoard, Board), ApiError> {
    let invalid = |detail: String| invalid_attribute("/data/attributes/board", detail);
    let (name, file) = match Board::ready_text(&named) {
        Some(_) => (named, None),
        // A text has at least one key.
        None if !named.contains('=') => {
            let ready = Board::ready_names().collect::<Vec<_>>().join("`, `");
            return Err(invalid(format!("No board is ready under this name. Those that are: `{ready}`.")));
        }
        None => (OWN_BOARD.to_owned(), Some(named)),
    };
    let board = NewBoard { name, file };
    let text = board.file.clone();
    let ready = Board::ready_text(&board.name).unwrap_or_default();
    let read = app.compiler.work(move || Board::parse(text.as_deref().unwrap_or(ready))).await?;
    let read = read.map_err(|error| invalid(format!("The board cannot be read: {error}.")))?;
    match read.excess() {
        Some(excess) => Err(invalid(format!("The board takes too much: {excess}."))),
        None => Ok((board, read)),
    }
}

/// The type of imp on a board, as devices call it.
fn imp_type(board: &Board) -> String {
    match board.imp_type.name() {
        "imp004m" => "imp004".to_owned(),
        name => name.to_owned(),
    }
}

/// Reads the board that an imp is on.
async fn board_now(app: &App, imp: &VirtualImp) -> Result<Board, ApiError> {
    let board = app.store.virtual_imp_board(&imp.device.id).await?;
    let imp_type = imp.device.imp_type.clone();
    app.compiler.work(move || board_of(board.as_ref(), &imp_type)).await
}

/// Reads what is done to an imp, and enters what of it lasts.
fn inputs(board: &Board, given: &Map<String, Value>, change: &mut VirtualImpChange) -> Result<Vec<Change>, ApiError> {
    let (mut changes, mut lasting) = (Vec::new(), BTreeMap::new());
    for (name, value) in given {
        let wrong = |detail: String| invalid_attribute(member(INPUTS, name), detail);
        let value = written(name, value)
            .ok_or_else(|| wrong("It must be a string, a number, a boolean or null.".to_owned()))?;
        let done = Change::parse(board, name, &value).map_err(|problem| wrong(capitalised(&problem)))?;
        done.enter(name, &value, &mut lasting);
        if !matches!(done, Change::Press(_)) && !lasting.contains_key(name) {
            change.left.push(name.clone());
        }
        changes.push(done);
    }
    change.inputs = Some(lasting);
    // An object has no order: a program that hears of a press finds all else as it was set.
    changes.sort_by_key(|change| matches!(change, Change::Press(_)));
    Ok(changes)
}

/// What JSON says is done, as it is written elsewhere; `None` if that cannot be.
fn written(name: &str, value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => "board".to_owned(),
        Value::Bool(is_on) if name == "link" => if *is_on { "on" } else { "off" }.to_owned(),
        Value::Bool(is_high) => u8::from(*is_high).to_string(),
        Value::String(text) => text.clone(),
        // To JSON 1.0 is 1; to a pin, only the latter is a level.
        Value::Number(number) => match number.as_f64() {
            Some(whole) if whole.fract() == 0.0 && whole.abs() < 1e15 => format!("{}", whole + 0.0),
            _ => number.to_string(),
        },
        Value::Array(_) | Value::Object(_) => return None,
    })
}

/// Refuses a press that nobody would notice.
async fn may_press(app: &App, imp: &VirtualImp, change: &VirtualImpChange, changes: &[Change]) -> Result<(), ApiError> {
    if !changes.iter().any(|change| matches!(change, Change::Press(_))) {
        return Ok(());
    }
    if change.board.is_some() {
        let detail =
            "A button is pressed for a moment, and on a new board the imp has yet to boot: press it afterwards.";
        return Err(invalid_attribute(INPUTS, detail));
    }
    if app.imps.see(&imp.device.id).await.is_none() {
        return Err(device_in_use("The virtual imp has no power, or does not answer: nothing was pressed or set."));
    }
    Ok(())
}

/// A sentence.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).chain(['.']).collect()).unwrap_or_default()
}

/// `DELETE /impstead/v1/virtual_imps/{device}`: deletes the device as well.
pub async fn delete(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<NoContent> {
    let imp = find(&app, &caller, &ids, Right::Operate).await?;
    if app.store.delete_device(&imp.device.id, caller.act(&app)).await? {
        Ok(NoContent)
    } else {
        Err(not_found("virtual imp"))
    }
}

/// `POST /impstead/v1/virtual_imps/{device}/start`
pub async fn start(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<One<wire::VirtualImp>> {
    power(&app, &caller, &ids, true).await
}

/// `POST /impstead/v1/virtual_imps/{device}/stop`
pub async fn stop(caller: Caller, State(app): State<App>, ids: Ids) -> Reply<One<wire::VirtualImp>> {
    power(&app, &caller, &ids, false).await
}

async fn power(app: &App, caller: &Caller, ids: &Ids, on: bool) -> Reply<One<wire::VirtualImp>> {
    let imp = find(app, caller, ids, Right::Operate).await?;
    let imp = app.store.start_virtual_imp(&imp.device.id, on, caller.act(app)).await?;
    Ok(One(resource(app, imp.ok_or_else(|| not_found("virtual imp"))?)))
}

async fn find(app: &App, caller: &Caller, ids: &Ids, right: fn(Side) -> Right) -> Result<VirtualImp, ApiError> {
    let unknown = || not_found("virtual imp");
    let device = app.store.device(ids.one()).await?.ok_or_else(unknown)?;
    let imp = app.store.virtual_imp(&device.id).await?.ok_or_else(unknown)?;
    caller.may(right(imp.device.side()), &imp.device.owner, "virtual imp")?;
    Ok(imp)
}

fn resource(app: &App, imp: VirtualImp) -> wire::VirtualImp {
    let VirtualImp { device, is_started, board, board_number: _, inputs, created_ms, updated_ms } = imp;
    wire::VirtualImp {
        kind: "virtual_imp".into(),
        links: SelfLink { this: format!("{}/impstead/v1/virtual_imps/{}", app.config.public_url, device.id) },
        id: device.id.as_str().into(),
        attributes: wire::VirtualImpAttributes {
            name: device.name,
            imp_type: device.imp_type,
            state: if is_started { STARTED } else { STOPPED }.into(),
            board,
            board_file: None,
            inputs,
            outputs: None,
            created_at: Timestamp::from_ms(created_ms),
            updated_at: Timestamp::from_ms(updated_ms),
        },
        relationships: wire::VirtualImpRelationships {
            owner: Linkage::new("account", device.owner),
            device: Linkage::new("device", device.id),
        },
    }
}
