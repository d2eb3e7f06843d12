// An agent that receives Impstead's webhooks, checks that they are genuine, and passes on what matters as a short message.
//
// Environment variables of the device group: WEBHOOK_SECRET, as it was shown once, and TARGET_URL.

// How old a delivery may be, in seconds: one that was recorded is of no use later.
const OLDEST = 300;

// `Impstead-Signature: t=1764115200,v1=5f2c…`
function isGenuine(header, body) {
    local parts = {};
    foreach (part in split(header, ",")) {
        local at = part.find("=");
        if (at != null) parts[strip(part.slice(0, at))] <- part.slice(at + 1);
    }
    if (!("t" in parts) || !("v1" in parts)) return false;
    local age = time() - parts.t.tointeger();
    if (age < -OLDEST || age > OLDEST) return false;
    local expected = "";
    foreach (byte in crypto.hmacsha256(parts.t + "." + body, __VARS.WEBHOOK_SECRET)) expected += format("%02x", byte);
    return crypto.equals(expected, parts.v1);
}

function relay(event) {
    local text = http.jsonencode({ text = "impCentral: " + event }, { compact = true });
    http.post(__VARS.TARGET_URL, { "Content-Type" : "application/json" }, text).sendasync(function(answer) {
        if (answer.statuscode < 200 || answer.statuscode > 299) server.error("the target answered " + answer.statuscode);
    });
}

http.onrequest(function(request, response) {
    if (request.method != "POST" || request.path != "/hook") return response.send(404, "There is nothing here.");
    local signature = "impstead-signature" in request.headers ? request.headers["impstead-signature"] : "";
    if (!isGenuine(signature, request.body)) {
        server.error("a delivery with a wrong signature");
        return response.send(401, "The signature is wrong.");
    }
    response.send(204, "");
    relay(request.body);
});
server.log("deliver to " + http.agenturl() + "/hook");
