//! `hardware.usb`: the host port of an imp005, with nothing plugged in.

use squirrel::{Call, Fault, Flow, Function, Member};

use super::refused;
use crate::api::{done, function_or_null};

pub(super) const MEMBERS: &[Member<'static>] = &[
    Member::Function(Function::new("configure", configure, 2, ".").documented(
        "configure(function(event, data))",
        "Switches the port on; the function is called when something is plugged in, which never is.",
    )),
    Member::Function(Function::new("disable", disable, 1, "").documented("disable()", "Switches the port off.")),
    Member::Function(
        Function::new("openendpoint", open_endpoint, -1, "")
            .documented("openendpoint(...)", "Throws: no device is connected."),
    ),
    Member::Function(
        Function::new("controltransfer", control_transfer, -1, "")
            .documented("controltransfer(...)", "Throws: no device is connected."),
    ),
    Member::Function(
        Function::new("generaltransfer", general_transfer, -1, "")
            .documented("generaltransfer(...)", "Throws: no device is connected."),
    ),
];

fn configure(call: &mut Call<'_>) -> Result<Flow, Fault> {
    function_or_null(call, 1)?;
    done()
}

fn disable(_: &mut Call<'_>) -> Result<Flow, Fault> {
    done()
}

fn open_endpoint(_: &mut Call<'_>) -> Result<Flow, Fault> {
    Err(unplugged("usb.openendpoint()"))
}

fn control_transfer(_: &mut Call<'_>) -> Result<Flow, Fault> {
    Err(unplugged("usb.controltransfer()"))
}

fn general_transfer(_: &mut Call<'_>) -> Result<Flow, Fault> {
    Err(unplugged("usb.generaltransfer()"))
}

fn unplugged(what: &str) -> Fault {
    refused("no device is connected", what)
}
