//! What each status of a failed request means, for the documentation.

/// A status of failed requests.
pub struct ErrorStatus {
    pub status: u16,
    /// Name of the response in the OpenAPI document.
    pub name: &'static str,
    pub description: &'static str,
    /// The codes that go with it: code, title, and when it comes.
    pub codes: &'static [(&'static str, &'static str, &'static str)],
}

/// Every status of failed requests, in order.
pub const ERRORS: &[ErrorStatus] = &[
    ErrorStatus {
        status: 400,
        name: "BadRequest",
        description: "The request is malformed; `source` says where.",
        codes: &[
            ("VX001", "Invalid JSON", "The body is not JSON, or not an object."),
            ("VX002", "Missing Attribute", "A required member of the body is missing."),
            ("VX003", "Invalid Attribute", "A member of the body is unknown, cannot be written, or has a bad value."),
            ("VX004", "Invalid Parameter", "A page, a filter or another parameter of the query has a bad value."),
            (
                "VX005",
                "Invalid URL",
                "A webhook's URL is not an http or https URL, holds a password, or has a private address.",
            ),
            ("CX005", "Compilation Error", "The code does not compile; `meta` has the places."),
        ],
    },
    ErrorStatus {
        status: 401,
        name: "Unauthorized",
        description: "The access token is missing, unknown or expired; when signing in, name or password is wrong.",
        codes: &[("PX100", "Invalid Credentials", "Obtain a new access token, or sign in again.")],
    },
    ErrorStatus {
        status: 403,
        name: "Forbidden",
        description: "The caller may not do this.",
        codes: &[
            ("PX101", "Invalid Credentials", "`X-Electricimp-Password` or `X-Electricimp-Key` is missing or wrong."),
            ("PX102", "Invalid Permission", "The caller's role, or the account's entitlement, does not allow it."),
            (
                "PX200",
                "One-Time Password Required",
                "Signing in needs a one-time password; `meta` has the login token.",
            ),
            ("PX300", "Account Limit Reached", "The account holds as many as its quota allows."),
        ],
    },
    ErrorStatus {
        status: 404,
        name: "NotFound",
        description: "An id names nothing, or nothing that the caller may see.",
        codes: &[("NF001", "Resource Not Found", "There is no such resource.")],
    },
    ErrorStatus {
        status: 405,
        name: "MethodNotAllowed",
        description: "The path has other methods; see the `Allow` header.",
        codes: &[("VX405", "Method Not Allowed", "The path does not have this method.")],
    },
    ErrorStatus {
        status: 409,
        name: "Conflict",
        description: "The data as they stand forbid it.",
        codes: &[
            ("CX001", "Duplicate Resource", "The name is taken, or the thing is there already."),
            ("CX002", "Dependent Devicegroups Exist", "The product still has device groups."),
            ("CX003", "Flagged Deployments Exist", "The device group still has flagged deployments."),
            ("CX004", "Resource Flagged", "The deployment is flagged."),
            ("CX006", "Dependent Devices Exist", "The device group still has devices."),
            ("CX007", "Dependent Devicegroups Exist", "The device group is the target of another."),
            ("CX008", "Deployment In Use", "The deployment is the minimum supported one of its group, or newer."),
            ("CX009", "Device In Use", "The device is assigned or blessed, or may not be moved there."),
            ("CX010", "Type Mismatch", "`data.type` is not the type of the resource or collection."),
            ("CX011", "Id Mismatch", "`data.id` is not the id in the path."),
            ("CX012", "Deployment Too Old", "The deployment is older than the minimum supported one."),
            ("CX013", "Device Not Assigned", "The device is in no device group."),
            ("CX014", "Second Factor Enabled", "One-time passwords are enabled already."),
        ],
    },
    ErrorStatus {
        status: 413,
        name: "PayloadTooLarge",
        description: "The request's body is too large.",
        codes: &[("VX413", "Payload Too Large", "A body may hold 16 MiB.")],
    },
    ErrorStatus {
        status: 429,
        name: "RateLimited",
        description: "Too many requests, or too many failures to sign in; `Retry-After` says when to try again.",
        codes: &[("XX429", "Rate Limited", "Wait, then try again.")],
    },
    ErrorStatus {
        status: 500,
        name: "InternalError",
        description: "Something went wrong on the server; its log has more under the error's `id`.",
        codes: &[("XX500", "Internal Error", "Tell the operator of the server.")],
    },
    ErrorStatus {
        status: 503,
        name: "Unavailable",
        description: "The data cannot be reached or written at the moment.",
        codes: &[("XX503", "Service Unavailable", "Try again later.")],
    },
    ErrorStatus {
        status: 504,
        name: "TimedOut",
        description: "The request took too long and was given up. It may have been carried out.",
        codes: &[("XX504", "Timed Out", "Look before trying again.")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes that `error.rs` writes stand here, and no others.
    #[test]
    fn every_code_is_documented() {
        let is_code = |text: &str| {
            text.len() == 5
                && matches!(&text[..2], "VX" | "CX" | "NF" | "PX" | "XX")
                && text[2..].bytes().all(|byte| byte.is_ascii_digit())
        };
        let mut written: Vec<&str> = include_str!("../error.rs").split('"').filter(|text| is_code(text)).collect();
        written.sort_unstable();
        written.dedup();
        let mut documented: Vec<&str> = ERRORS.iter().flat_map(|error| error.codes).map(|(code, ..)| *code).collect();
        documented.sort_unstable();
        assert_eq!(documented, written);
    }
}
