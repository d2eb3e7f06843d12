// An agent that asks the impCentral API which devices its account has, and shows them on a page.
//
// Environment variables of the device group: API_URL (https://…/v5) and LOGIN_KEY.

// A page of the API's list at a time.
const PAGE_SIZE = 50;

token <- null;

function ask(method, path, body, done) {
    local headers = { "Content-Type" : "application/vnd.api+json" };
    if (token != null) headers["Authorization"] <- "Bearer " + token.text;
    local url = path.find("http") == 0 ? path : __VARS.API_URL + path;
    http.request(method, url, headers, body).sendasync(function(response) {
        if (response.statuscode < 200 || response.statuscode > 299) return done("status " + response.statuscode + " " + response.body, null);
        local answer = null;
        try {
            answer = http.jsondecode(response.body);
        } catch (error) {
            return done(error, null);
        }
        done(null, answer);
    });
}

// Calls `done(error)` once there is a token that is good for another minute.
function signIn(done) {
    if (token != null && token.until > time() + 60) return done(null);
    token = null;
    ask("POST", "/auth/token", http.jsonencode({ key = __VARS.LOGIN_KEY }, { compact = true }), function(error, answer) {
        if (error == null) token = { text = answer.access_token, until = time() + answer.expires_in };
        done(error);
    });
}

// Collects all devices, page by page.
function devices(done) {
    local found = [];
    local next = null;
    next = function(url) {
        ask("GET", url, "", function(error, answer) {
            if (error != null) return done(error, null);
            found.extend(answer.data);
            if ("next" in answer.links && answer.links.next != null) next(answer.links.next);
            else done(null, found);
        });
    };
    signIn(function(error) {
        if (error != null) return done(error, null);
        next("/devices?" + http.urlencode({ "page[size]" : PAGE_SIZE }));
    });
}

function escape(text) {
    local out = "";
    foreach (byte in text) {
        switch (byte) {
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '&': out += "&amp;"; break;
            default: out += byte.tochar();
        }
    }
    return out;
}

function page(list) {
    local rows = "";
    local online = 0;
    foreach (device in list) {
        local facts = device.attributes;
        if (facts.device_online) online++;
        rows += format("<tr><td>%s<td>%s<td>%s\n", escape(facts.name == null ? "–" : facts.name), device.id, facts.device_online ? "online" : "away");
    }
    return format("<!doctype html>\n<meta charset=\"utf-8\">\n<title>Fleet</title>\n<h1>%d devices, %d online</h1>\n<table>\n<tr><th>Name<th>Id<th>State\n%s</table>\n", list.len(), online, rows);
}

http.onrequest(function(request, response) {
    devices(function(error, list) {
        if (error != null) {
            server.error("cannot ask the API: " + error);
            return response.send(502, "The API did not answer as it should.");
        }
        response.header("Content-Type", "text/html; charset=utf-8");
        response.send(200, page(list));
    });
});
server.log("the fleet is at " + http.agenturl());
