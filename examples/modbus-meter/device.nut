// A Modbus RTU master: reads a controller's temperature and level, and switches its relay. Board: modbus.
const UNIT = 1;
const READ_INPUT_REGISTERS = 4;
const WRITE_SINGLE_COIL = 5;
const BAUD = 19200;

class Modbus {
    _uart = null;
    _answer = null;
    _then = null;
    _timer = null;

    constructor(uart) {
        _uart = uart;
        _answer = blob();
        _uart.setrxfifosize(256);
        _uart.configure(BAUD, 8, PARITY_EVEN, 1, NO_CTSRTS, _received.bindenv(this));
    }

    // Calls a function with the values of registers, or with null and what is wrong.
    function readInputs(at, count, then) {
        _ask(READ_INPUT_REGISTERS, at, count, function(answer, error) {
            if (error) return then(null, error);
            local values = [];
            for (local place = 3; place < 3 + answer[2]; place += 2) values.append(answer[place] << 8 | answer[place + 1]);
            then(values, null);
        });
    }

    function writeCoil(at, isOn, then) {
        _ask(WRITE_SINGLE_COIL, at, isOn ? 0xFF00 : 0, @(answer, error) then(error));
    }

    function _ask(code, first, second, then) {
        if (_then) throw "one request at a time";
        local frame = blob();
        foreach (byte in [UNIT, code, first >> 8, first & 0xFF, second >> 8, second & 0xFF]) frame.writen(byte, 'b');
        frame.writen(_crc(frame, frame.len()), 'w');
        _answer = blob();
        _then = then;
        _timer = imp.wakeup(1, function() { _end(null, "no answer") }.bindenv(this));
        _uart.write(frame);
    }

    function _received() {
        _answer.writeblob(_uart.readblob());
        if (_then == null || _answer.len() < 5) return;
        local isException = (_answer[1] & 0x80) != 0;
        local length = isException ? 5 : _answer[1] == READ_INPUT_REGISTERS ? 5 + _answer[2] : 8;
        if (_answer.len() < length) return;
        local check = _answer[length - 2] | _answer[length - 1] << 8;
        if (check != _crc(_answer, length - 2)) _end(null, "a damaged answer");
        else if (isException) _end(null, "exception " + _answer[2]);
        else _end(_answer, null);
    }

    function _end(answer, error) {
        local then = _then;
        _then = null;
        imp.cancelwakeup(_timer);
        then(answer, error);
    }

    function _crc(bytes, count) {
        local crc = 0xFFFF;
        for (local place = 0; place < count; place++) {
            crc = crc ^ bytes[place];
            for (local bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xA001 : crc >> 1;
        }
        return crc;
    }
}

meter <- Modbus(hardware.uart1);

function measure() {
    imp.wakeup(30, measure);
    meter.readInputs(0, 2, function(values, error) {
        if (error) return server.error(error);
        local temperature = values[0] / 10.0;
        agent.send("meter", [temperature, values[1] / 100.0]);
        meter.writeCoil(0, temperature < 20, function(error) {
            if (error) server.error(error);
            // There is no such register: the controller says so.
            meter.readInputs(500, 1, @(values, error) server.log(error));
        });
    });
}

measure();
