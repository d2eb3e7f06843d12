-- Planetary motion: float arithmetic on table fields. In double precision, Lua's only one.
local sqrt = math.sqrt
local SOLAR_MASS = 39.478417
local DAYS = 365.24

local function body(x, y, z, vx, vy, vz, mass)
    return {
        x = x, y = y, z = z,
        vx = vx * DAYS, vy = vy * DAYS, vz = vz * DAYS,
        mass = mass * SOLAR_MASS
    }
end

local bodies = {
    body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
    body(4.84143144, -1.16032004, -0.103622044, 0.00166007664, 0.00769901118, -0.0000690460017, 0.000954791938),
    body(8.34336671, 4.1247986, -0.403523417, -0.00276742511, 0.00499852801, 0.0000230417298, 0.000285885981),
    body(12.8943696, -15.1111514, -0.223307579, 0.00296460138, 0.00237847174, -0.0000296589569, 0.0000436624404),
    body(15.3796971, -25.9193146, 0.179258773, 0.00268067773, 0.00162824171, -0.000095159226, 0.0000515138902)
}

local function offsetMomentum(bodies)
    local px, py, pz = 0.0, 0.0, 0.0
    for _, b in ipairs(bodies) do
        px = px + b.vx * b.mass
        py = py + b.vy * b.mass
        pz = pz + b.vz * b.mass
    end
    local sun = bodies[1]
    sun.vx = -px / SOLAR_MASS
    sun.vy = -py / SOLAR_MASS
    sun.vz = -pz / SOLAR_MASS
end

local function advance(bodies, dt)
    local n = #bodies
    for i = 1, n do
        local b = bodies[i]
        for j = i + 1, n do
            local o = bodies[j]
            local dx, dy, dz = b.x - o.x, b.y - o.y, b.z - o.z
            local d2 = dx * dx + dy * dy + dz * dz
            local mag = dt / (d2 * sqrt(d2))
            local om, bm = o.mass * mag, b.mass * mag
            b.vx = b.vx - dx * om
            b.vy = b.vy - dy * om
            b.vz = b.vz - dz * om
            o.vx = o.vx + dx * bm
            o.vy = o.vy + dy * bm
            o.vz = o.vz + dz * bm
        end
    end
    for _, b in ipairs(bodies) do
        b.x = b.x + dt * b.vx
        b.y = b.y + dt * b.vy
        b.z = b.z + dt * b.vz
    end
end

local function energy(bodies)
    local e = 0.0
    for i, b in ipairs(bodies) do
        e = e + 0.5 * b.mass * (b.vx * b.vx + b.vy * b.vy + b.vz * b.vz)
        for j = i + 1, #bodies do
            local o = bodies[j]
            local dx, dy, dz = b.x - o.x, b.y - o.y, b.z - o.z
            e = e - b.mass * o.mass / sqrt(dx * dx + dy * dy + dz * dz)
        end
    end
    return e
end

offsetMomentum(bodies)
local before = energy(bodies)
for i = 0, 119999 do advance(bodies, 0.01) end
print(string.format("nbody %.6f %.6f", before, energy(bodies)))
