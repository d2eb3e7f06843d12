// Scripted devices on the line, for the time of a test.
import { Device } from './device.js';

/** Makes devices and has them connect; they leave when the test ends. */
export async function onLine(t, server, added, options) {
    const device = new Device(server.url, added, { haste: 10, ...options });
    t.after(() => device.stop());
    await device.start();
    return device;
}

/** Waits until the server says that devices are, or are not, on the line. */
export async function untilOnline(api, devices, online = true) {
    for (const deadline = Date.now() + 15_000; ; ) {
        const states = await Promise.all(devices.map(async ({ id }) => (await api.read(`/devices/${id}`)).attributes.device_online));
        if (states.every((state) => state === online)) return;
        if (Date.now() > deadline) throw new Error(`device_online: ${states}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}
