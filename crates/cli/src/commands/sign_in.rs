//! `login`, `logout` and `whoami`.

use crate::{
    Context, LoginArgs, Options,
    failure::Failure,
    output::{table::pairs, text::visible},
    profile::{Profile, Settings},
    session::{Session, connect},
};
use futures_util::TryStreamExt;
use impstead_client::{Client, Error, Renewal};

pub async fn login(arguments: LoginArgs, options: &Options, context: &mut Context) -> Result<(), Failure> {
    let profile = Profile::choose(options, &context.environment)?;
    let known = profile.settings()?.unwrap_or_default();
    let endpoint = arguments.endpoint.clone().unwrap_or_else(|| known.endpoint.clone());
    if endpoint.is_empty() {
        return Err(Failure::usage(format!("the profile `{}` is new and has no endpoint yet", profile.name))
            .hint("Give the address of the service with `--endpoint URL`."));
    }
    let mut settings = Settings {
        endpoint,
        user: arguments.user.clone().or(known.user),
        proxy: arguments.proxy.clone().or(known.proxy),
        ca_file: arguments.ca_file.clone().or(known.ca_file),
    };
    // A profile may be used from any directory.
    settings.ca_file = settings.ca_file.map(|path| std::path::absolute(&path).unwrap_or(path));
    let client = connect(&settings, &profile, context)?;
    client.endpoint().clone_into(&mut settings.endpoint);
    if let Some(key) = &arguments.login_key {
        settings.user = None;
        with_login_key(&client, key, context).await?;
    } else {
        with_password(&client, &arguments, &mut settings, context).await?;
    }
    profile.save(&settings)?;

    let account = client.accounts().me().await?;
    let mut session = Session { client, profile, json: options.json, context };
    if session.json {
        return session.print_json(&account);
    }
    let username = visible(&account.attributes.username);
    session.say(&format!("Signed in to {} as {username} (profile {}).", settings.endpoint, session.profile.name))
}

async fn with_login_key(client: &Client, key: &str, context: &mut Context) -> Result<(), Failure> {
    let key = if key == "-" { from_stdin(context)? } else { key.to_owned() };
    client.sign_in_with_login_key(&key).await.map_err(|error| match error {
        Error::SignInAgain => Failure::new("the service does not know this login key").hint("Check the key."),
        error => error.into(),
    })
}

async fn with_password(
    client: &Client,
    arguments: &LoginArgs,
    settings: &mut Settings,
    context: &mut Context,
) -> Result<(), Failure> {
    let asking = context.environment.stdin_is_terminal && !arguments.password_stdin;
    let cannot_ask = |error: std::io::Error| Failure::because("cannot ask", &error);
    let user = match &settings.user {
        Some(user) => user.clone(),
        None if asking => context.input.line("User name or e-mail: ").map_err(cannot_ask)?,
        None => return Err(Failure::usage("no user").hint("Give a user name or e-mail address with `--user NAME`.")),
    };
    let password = if arguments.password_stdin {
        from_stdin(context)?
    } else if asking {
        let prompt = format!("Password of {} at {}: ", visible(&user), settings.endpoint);
        context.input.secret(&prompt).map_err(cannot_ask)?
    } else {
        return Err(Failure::usage("no password, and no terminal to ask for it")
            .hint("Give it on standard input with `--password-stdin`, or use `--login-key KEY`."));
    };
    let wrong = |error| match error {
        Error::Unauthorized(_) => Failure::new(format!("the service does not accept this password of `{user}`"))
            .hint("Check the user name and the password, and try again."),
        error => error.into(),
    };
    let challenge = match client.sign_in(&user, &password).await {
        Err(Error::OtpRequired(challenge)) => challenge,
        result => {
            result.map_err(wrong)?;
            settings.user = Some(user);
            return Ok(());
        }
    };
    let otp = match &arguments.otp {
        Some(otp) => otp.clone(),
        None if asking => context.input.secret("One-time password: ").map_err(cannot_ask)?,
        None => {
            return Err(Failure::new("the account asks for a one-time password").hint("Give it with `--otp CODE`."));
        }
    };
    client.sign_in_with_otp(&challenge, otp.trim()).await.map_err(|error| match error {
        Error::Unauthorized(_) => Failure::new("the service does not accept this one-time password")
            .hint("Wait for the next one, and try again."),
        error => error.into(),
    })?;
    settings.user = Some(user);
    Ok(())
}

/// Standard input without the line end that `echo` and editors add.
fn from_stdin(context: &mut Context) -> Result<String, Failure> {
    let text = context.input.everything().map_err(|error| Failure::because("cannot read standard input", &error))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

pub async fn logout(options: &Options, context: &mut Context) -> Result<(), Failure> {
    let mut session = Session::open(options, context)?;
    let Some(stored) = session.client.session().await? else {
        return session.note(&format!("The profile {} is not signed in.", session.profile.name));
    };
    let revoked = match stored.renewal {
        Some(Renewal::RefreshToken(_)) => revoke(&session.client).await,
        // A login key is meant to outlive this; without either there is nothing to revoke.
        _ => true,
    };
    session.client.forget().await?;
    session.say(&format!("Signed out (profile {}).", session.profile.name))?;
    if !revoked {
        session.note("The service did not revoke the refresh token; it lives until it is deleted there.")?;
    }
    Ok(())
}

/// Ends the sign-in at the service too, where the service can tell which one it is.
async fn revoke(client: &Client) -> bool {
    let current = async {
        let mut sessions = client.impstead().sessions().stream();
        while let Some(session) = sessions.try_next().await? {
            if session.attributes.current {
                return client.impstead().delete_session(&session.id).await.map(|()| true);
            }
        }
        Ok(false)
    };
    match current.await {
        Ok(revoked) => revoked,
        // Whoever cannot reach the service, or has been signed out by it, can still sign out here.
        Err(error) => matches!(error, Error::SignInAgain),
    }
}

pub async fn whoami(options: &Options, context: &mut Context) -> Result<(), Failure> {
    let mut session = Session::open(options, context)?;
    let account = session.client.accounts().me().await?;
    if session.json {
        return session.print_json(&account);
    }
    let attributes = &account.attributes;
    let text = pairs(
        &[
            ("User", attributes.username.clone()),
            ("E-mail", attributes.email.clone()),
            ("Id", account.id.clone()),
            ("Tier", attributes.tier.clone()),
            ("Endpoint", session.client.endpoint().to_owned()),
            ("Profile", session.profile.name.clone()),
        ],
        &session.context.environment,
    );
    Ok(session.context.stdout.write_all(text.as_bytes())?)
}
