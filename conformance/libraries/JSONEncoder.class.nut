// A small JSON encoder with the interface that impt's test framework asks for, written for these tests.
class JSONEncoder {
    static VERSION = "2.0.0";

    static function encode(value) {
        return JSONEncoder._encode(value, 0);
    }

    static function _encode(value, depth) {
        if (depth > 32) throw "nested too deep";
        switch (typeof value) {
            case "null":
                return "null";
            case "bool":
                return value ? "true" : "false";
            case "integer":
                return value.tostring();
            case "float":
                local text = format("%.8g", value);
                return text.find("n") != null ? "null" : text;
            case "string":
                return JSONEncoder._quote(value);
            case "array":
                local items = "";
                foreach (item in value) items += (items == "" ? "" : ",") + JSONEncoder._encode(item, depth + 1);
                return "[" + items + "]";
            case "instance":
                if ("_serializeRaw" in value && typeof value._serializeRaw == "function") return value._serializeRaw().tostring();
                if ("_serialize" in value && typeof value._serialize == "function") return JSONEncoder._encode(value._serialize(), depth + 1);
                // fall through: its fields, as those of a table
            case "table":
            case "class":
                local slots = "";
                foreach (key, slot in (typeof value == "instance" ? value.getclass() : value)) {
                    if (typeof slot == "function") continue;
                    if (typeof value == "instance") slot = value[key];
                    slots += (slots == "" ? "" : ",") + JSONEncoder._quote(key.tostring()) + ":" + JSONEncoder._encode(slot, depth + 1);
                }
                return "{" + slots + "}";
            case "blob":
                return JSONEncoder._quote(value.tostring());
            default:
                return JSONEncoder._quote(value.tostring());
        }
    }

    static function _quote(text) {
        local out = "\"";
        foreach (byte in text) {
            switch (byte) {
                case '"': out += "\\\""; break;
                case '\\': out += "\\\\"; break;
                case '\n': out += "\\n"; break;
                case '\r': out += "\\r"; break;
                case '\t': out += "\\t"; break;
                default:
                    out += byte >= 0 && byte < 32 ? format("\\u%04x", byte) : byte.tochar();
            }
        }
        return out + "\"";
    }
}
