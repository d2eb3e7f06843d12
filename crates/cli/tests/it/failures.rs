use crate::scripted::Reply;
use crate::service::service;
use crate::world::World;
use insta::assert_snapshot;
use std::fs;

#[test]
fn nobody_is_signed_in() {
    let mut world = World::new(service);
    assert_snapshot!("no_profile", world.run(&["product", "list"]));
    world.environment.config_dir = None;
    assert_snapshot!("no_home", world.run(&["product", "list"]));
}

#[test]
fn the_sign_in_has_ended() {
    let world =
        World::signed_in(|_| Reply::error(401, "PX100", "Invalid Credentials", "The access token has expired."));
    assert_snapshot!("refused", world.run(&["product", "list"]));
    fs::write(world.config("profiles/default/tokens.json"), "{").unwrap();
    assert_snapshot!("broken_tokens", world.run(&["product", "list"]));
    fs::write(world.config("profiles/default/settings.json"), "{").unwrap();
    assert_snapshot!("broken_settings", world.run(&["product", "list"]));
}

#[test]
fn the_service_fails() {
    for (name, reply) in [
        ("status_500", Reply::error(500, "XX500", "Internal Error", "Something broke.")),
        ("status_502", Reply::new(502, "<html><h1>Bad Gateway</h1></html>")),
        ("status_403", Reply::error(403, "PX102", "Invalid Permission", "Support may only read.")),
        ("status_429", Reply::error(429, "XX429", "Rate Limited", "Slow down.").header("retry-after", "3600")),
        ("not_understood", Reply::new(200, "<html>Welcome</html>")),
        ("hung_up", Reply::hang_up()),
    ] {
        let world = World::signed_in(move |_| reply.clone());
        assert_snapshot!(name, world.run(&["product", "list"]));
    }
}

#[test]
fn a_list_that_breaks_off() {
    let world = World::signed_in(|request| match request.target.as_str() {
        "/v5/products?page%5Bnumber%5D=1&page%5Bsize%5D=100" => {
            crate::service::page(&[crate::service::product("p1", "x", None)], Some("/v5/products?page=2"))
        }
        _ => Reply::error(500, "XX500", "Internal Error", "Something broke."),
    });
    assert_snapshot!("list_breaks_off", world.run(&["product", "list"]));
    assert_snapshot!("list_breaks_off_json", world.run(&["product", "list", "--json"]));
    assert_snapshot!("list_breaks_off_terminal", world.on_terminal(80).run(&["product", "list"]));
}

#[test]
fn words_that_are_no_command() {
    let world = World::new(service);
    assert_snapshot!("unknown_command", world.run(&["produce"]));
    assert_snapshot!("help", world.run(&["--help"]));
    assert_snapshot!("help_deploy", world.run(&["deploy", "--help"]));
    assert_snapshot!("help_login", world.run(&["login", "--help"]));
}

#[test]
fn completions() {
    let world = World::new(service);
    for (shell, sign) in [("bash", "_impstead()"), ("zsh", "#compdef impstead"), ("fish", "complete -c impstead")] {
        let output = world.run(&["completions", shell]);
        assert!(output.contains("exit: 0") && output.contains(sign) && output.contains("unassigned"), "{output}");
    }
    assert_snapshot!("completions_unknown", world.run(&["completions", "powershell"]));
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_failure() {
    struct Gone;
    impl std::io::Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let line = "event: message\ndata: {\"ts\":\"2026-03-02T09:41:01.250Z\",\"type\":\"status\",\"msg\":\"x\"}\n\n";
    let (stream, events) = Reply::events();
    stream.send(line.repeat(3)).unwrap();
    let world = World::signed_in(move |request| match request.target.split('?').next() {
        Some("/impstead/v1/logs") => events.clone(),
        _ => service(request),
    });
    for arguments in [&["product", "list"][..], &["log", "--group", "g1"]] {
        let mut context = impstead_cli::Context::of_process();
        context.stdout = Box::new(Gone);
        context.environment = world.environment.clone();
        let command = World::client_command(arguments);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let exit = runtime.block_on(impstead_cli::run(command, &impstead_cli::Options::default(), &mut context));
        assert_eq!(exit, impstead_cli::Exit::Ok, "{arguments:?}");
    }
    drop(stream);
}
