// A small Promise with the interface that impt's test framework asks for, written for these tests.
class Promise {
    static VERSION = "3.0.1";

    _state = 0; // 0 pending, 1 fulfilled, 2 rejected
    _value = null;
    _waiting = null;

    constructor(action) {
        _waiting = [];
        try {
            action(_fulfil.bindenv(this), _reject.bindenv(this));
        } catch (error) {
            _reject(error);
        }
    }

    function then(onFulfilled = null, onRejected = null) {
        local self = this;
        return Promise(function(resolve, reject) {
            self._waiting.append({ fulfilled = onFulfilled, rejected = onRejected, resolve = resolve, reject = reject });
            self._run();
        });
    }

    function fail(onRejected) {
        return then(null, onRejected);
    }

    function finally(always) {
        return then(
            function(value) { always(value); return value; },
            function(reason) { always(reason); throw reason; }
        );
    }

    function cancel(reason = null) {
        _reject(reason);
        return this;
    }

    static function resolve(value = null) {
        return Promise(@(resolve, reject) resolve(value));
    }

    static function reject(reason = null) {
        return Promise(@(resolve, reject) reject(reason));
    }

    // Each item is a promise, or a function that makes one.
    static function all(series) {
        return Promise(function(resolve, reject) {
            local values = array(series.len()), left = series.len();
            if (left == 0) return resolve(values);
            foreach (i, item in series) {
                local place = i;
                Promise._of(item).then(function(value) {
                    values[place] = value;
                    if (--left == 0) resolve(values);
                }, reject);
            }
        });
    }

    static function race(series) {
        return Promise(function(resolve, reject) {
            foreach (item in series) Promise._of(item).then(resolve, reject);
        });
    }

    static function serial(series) {
        return Promise(function(resolve, reject) {
            local next = null, i = 0;
            next = function(value) {
                if (i == series.len()) return resolve(value);
                Promise._of(series[i++]).then(next, reject);
            };
            next(null);
        });
    }

    static function loop(goesOn, make) {
        return Promise(function(resolve, reject) {
            local next = null;
            next = function(value) {
                if (!goesOn()) return resolve(value);
                Promise._of(make).then(next, reject);
            };
            next(null);
        });
    }

    static function _of(item) {
        if (typeof item == "function") item = item();
        return Promise._isOne(item) ? item : Promise.resolve(item);
    }

    static function _isOne(value) {
        return typeof value == "instance" && "then" in value && typeof value.then == "function";
    }

    function _fulfil(value = null) {
        if (_state != 0) return;
        if (_isOne(value)) return value.then(_fulfil.bindenv(this), _reject.bindenv(this));
        _state = 1;
        _value = value;
        _run();
    }

    function _reject(reason = null) {
        if (_state != 0) return;
        _state = 2;
        _value = reason;
        _run();
    }

    // Handlers run after the current code, as elsewhere.
    function _run() {
        if (_state == 0 || _waiting.len() == 0) return;
        imp.wakeup(0, function() {
            local waiting = _waiting;
            _waiting = [];
            foreach (one in waiting) _tell(one);
        }.bindenv(this));
    }

    function _tell(one) {
        local handler = _state == 1 ? one.fulfilled : one.rejected;
        if (handler == null) return _state == 1 ? one.resolve(_value) : one.reject(_value);
        try {
            one.resolve(handler(_value));
        } catch (error) {
            one.reject(error);
        }
    }
}
