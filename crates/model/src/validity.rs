/// Longest code accepted for one source, in bytes.
///
/// # Source
/// Our choice; the vendor's limit is unknown.
pub const MAX_SOURCE_BYTES: usize = 1 << 20;

/// Longest serialised environment variables, in bytes.
pub const MAX_ENV_VARS_BYTES: usize = 16_000;

/// Longest tags of a deployment, all together, in characters.
pub const MAX_TAGS_CHARS: usize = 500;

/// Says whether text can be the name of a tag: `A–Z a–z 0–9 _ - * .`, at least one.
pub fn is_tag(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-*.".contains(&byte))
}

/// Says whether text can be the name of an environment variable: a letter, then up to 99 letters, digits or underscores.
pub fn is_env_var_name(text: &str) -> bool {
    text.len() <= 100
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Says whether text can be a user name: 1 to 64 visible ASCII characters, none of them `@`, `/`, `?` or `#`.
pub fn is_username(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"@/?#".contains(&byte))
        && text != "me"
}

/// Says whether text looks like an e-mail address. No mail is ever sent, so this only catches slips.
pub fn is_email(text: &str) -> bool {
    text.len() <= 254
        && text
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'))
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Says whether text can be a new password: 8 to 1,024 bytes.
pub fn is_password(text: &str) -> bool {
    (8..=1024).contains(&text.len())
}
