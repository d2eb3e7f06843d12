//! Programs that are generated, or run only to be measured.

/// Fills a heap of about a megabyte with what agents keep: readings by device, histories, closures and instances.
pub const HEAP: &[u8] = b"
class Device {
    id = null;
    readings = null;
    last = 0.0;
    constructor(id) { this.id = id; readings = []; }
    function add(value) { readings.append(value); last = value; return this; }
}
devices <- {};
handlers <- [];
for (local i = 0; i < 600; i++) {
    local device = Device(\"device-\" + i);
    for (local j = 0; j < 10; j++) device.add({ at = 1700000000 + j * 60, value = i * 0.5 + j, unit = \"C\" });
    devices[device.id] <- device;
    if (i % 4 == 0) handlers.append(function (message) { device.add(message); return i; });
}
names <- [];
for (local i = 0; i < 800; i++) names.append(format(\"sensor %04d in room %d\", i, i % 40));
print(devices.len() == 600 ? \"1\\n\" : \"0\\n\");
";

/// Generates an agent of at least so many bytes of source: handlers, classes, tables and strings, commented as usual.
pub fn agent(bytes: usize) -> Vec<u8> {
    let mut source = String::with_capacity(bytes + TEMPLATE.len());
    for number in 0_u32.. {
        if source.len() >= bytes {
            break;
        }
        source.push_str(&TEMPLATE.replace("NNN", &number.to_string()));
    }
    source.into_bytes()
}

const TEMPLATE: &str = r#"
// ---------------------------------------------------------------------------
// Sensor group NNN: collects readings, keeps a history and reports averages.
// ---------------------------------------------------------------------------

const GROUP_NNN_LIMIT = 120;
enum StateNNN { IDLE, READING = 5, REPORTING, FAILED = "failed" }

class SensorNNN extends Sensor {
    static NAME = "sensor-NNN";
    _address = 0x76;
    _readings = null;
    _calibration = null;
    _onReading = null;

    constructor(bus, address = 0x76, onReading = null) {
        base.constructor(bus);
        _address = address;
        _readings = [];
        _calibration = { "offset": -0.25, gain = 1.0025, points = [0, 25, 50, 75, 100] };
        _onReading = onReading;
    }

    // Reads the registers and returns degrees Celsius, or null if the device does not answer.
    function read() {
        local raw = bus.read(_address << 1, "\xFA", 3);
        if (raw == null || raw.len() < 3) {
            server.error(format("sensor %s: no answer at 0x%02X", NAME, _address));
            return null;
        }
        local value = (raw[0] << 12) | (raw[1] << 4) | (raw[2] >> 4);
        value = (value - 32768) / 256.0 * _calibration.gain + _calibration.offset;
        _readings.append(value);
        if (_readings.len() > GROUP_NNN_LIMIT) _readings.remove(0);
        if (_onReading) _onReading({ sensor = NAME, value = value, at = time() });
        return value;
    }

    /* The mean of the last readings; outliers of more than three deviations do not count. */
    function average(count = 10) {
        local sum = 0.0, used = 0;
        for (local i = _readings.len() - 1; i >= 0 && used < count; i--) {
            local reading = _readings[i];
            if (reading < -40 || reading > 125) continue;
            sum += reading;
            used++;
        }
        return used > 0 ? sum / used : null;
    }

    function _tostring() { return NAME + " at " + _address; }
}

function handleGroupNNN(request, response) {
    try {
        local path = request.path.tolower();
        switch (request.method) {
            case "GET":
                if (path == "/group/NNN/state") {
                    response.header("Content-Type", "application/json");
                    response.send(200, http.jsonencode({ "group": NNN, "state": states[NNN], "limit": GROUP_NNN_LIMIT }));
                } else if (path.find("/group/NNN/sensors/") == 0) {
                    local id = path.slice(19);
                    if (id in sensors) response.send(200, http.jsonencode(sensors[id].average(20)));
                    else response.send(404, "no such sensor");
                }
                break;
            case "POST":
                local settings = http.jsondecode(request.body);
                foreach (key, value in settings) {
                    if (typeof value == "string" && value.len() > 64) throw "too long: " + key;
                    settingsOf[NNN][key] <- value;
                }
                device.send("settings", { group = NNN, values = settings });
                response.send(204, "");
                break;
            default:
                response.send(405, "only GET and POST");
        }
    } catch (error) {
        server.error("group NNN: " + error);
        response.send(500, "internal error");
    }
}

device.on("reading.NNN", function (data) {
    local last = history[NNN];
    last.push(data.value);
    while (last.len() > 50) last.remove(0);
    local total = last.reduce(@(a, b) a + b), high = last.filter(@(i, v) v > 30).len();
    if (high > 5 && states[NNN] != StateNNN.REPORTING) {
        states[NNN] = StateNNN.REPORTING;
        imp.wakeup(30, function () {
            states[NNN] = StateNNN.IDLE;
            server.log("group NNN: " + high + " readings above 30, mean " + total / last.len());
        }.bindenv(this));
    }
}.bindenv(this));
"#;
