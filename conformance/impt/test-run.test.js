// impt test run: on the agents of devices that are on the line, and on virtual imps. The libraries that its framework requires are ours.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { onEachDatabase } from '../harness/each-database.js';
import { powerImps } from '../harness/imp.js';
import { onLine, untilOnline } from '../harness/line.js';
import { openSession } from '../harness/session.js';

const library = (name) => readFileSync(fileURLToPath(new URL(`../libraries/${name}`, import.meta.url)), 'utf8');

const PASSES = `
class SumTests extends ImpTestCase {
    function setUp() { this.info("set up"); }
    function testNow() { this.assertEqual(4, add(2, 2)); this.assertTrue("b" in { b = 1 }); }
    function testLater() {
        return Promise(function(resolve, reject) { imp.wakeup(0.2, @() resolve("it came later")); });
    }
}
`;

const FAILS = `
class SumTests extends ImpTestCase {
    function testWrong() { this.assertEqual(5, add(2, 2)); }
    function testThrows() { throw "thrown text"; }
    function testGood() { this.assertClose(0.3, 0.1 + 0.2, 0.001); }
    function testMember() { local t = {}; return t.fieldDoesNotExists; }
}
`;

onEachDatabase('impt test run', (server) => {
    let account, api, impt, group;
    let count = 0;
    before(async () => {
        ({ account, api, impt } = await openSession(server));
        await server.addLibrary('promise.class.nut:3.0.1', library('promise.class.nut'));
        await server.addLibrary('JSONEncoder.class.nut:2.0.0', library('JSONEncoder.class.nut'));
    });
    beforeEach(async (t) => {
        const product = await api.product(`Tested ${++count}`);
        group = await api.deviceGroup(product, `tested ${count}`);
        impt.freshFolder();
        const added = await server.addDevices(account.username, 1);
        await api.assign(group, added);
        await onLine(t, server, added[0]);
        impt.write('agent.nut', 'function add(a, b) { return a + b; }\n');
    });

    const prepare = async (source) => {
        impt.write('tests/sum.agent.test.nut', source);
        await impt.ok('test', 'create', '-g', group.id, '-y', 'agent.nut', '-t', '10', '-f', 'tests/*.test.nut');
    };

    test('tests that pass', async () => {
        await prepare(PASSES);
        const output = await impt.ok('test', 'run');
        assert.match(output, /SumTests::testNow\(\)/);
        assert.match(output, /it came later/);
        assert.match(output, /Tests: 2, Assertions: 2, Failures: 0/);
    });

    test('tests that fail, with why', async () => {
        await prepare(FAILS);
        const output = await impt.fails('', 'test', 'run');
        assert.match(output, /Expected value: 5, got: 4/);
        assert.match(output, /thrown text/);
        assert.match(output, /the index 'fieldDoesNotExists' does not exist/);
        assert.match(output, /Tests: 4, Assertions: \d+, Failures: 3/);
    });

    test('code that does not compile', async () => {
        await prepare('class SumTests extends ImpTestCase {\n    function testBad() { local = 5; }\n}\n');
        const output = await impt.fails('', 'test', 'run');
        assert.match(output, /Compilation Error|compile failed/i);
    });

    // From here on the device is a virtual imp, which runs what it is given.

    const onImp = async (t, files, ...options) => {
        const product = await api.product(`Tested ${++count}`);
        const tested = await api.deviceGroup(product, `tested ${count}`);
        const [added] = await server.addDevices(account.username, 1);
        await api.assign(tested, [added]);
        powerImps(t, server, [added]);
        await untilOnline(api, [added]);
        impt.freshFolder();
        for (const [name, source] of Object.entries(files)) impt.write(name, source);
        await impt.ok('test', 'create', '-g', tested.id, ...options, '-f', 'tests/*.test.nut');
    };

    const ADD = 'function add(a, b) { return a + b; }\n';

    test('a device: tests that pass', async (t) => {
        await onImp(t, { 'device.nut': ADD, 'tests/sum.device.test.nut': PASSES }, '-x', 'device.nut', '-t', '10');
        const output = await impt.ok('test', 'run');
        assert.match(output, /SumTests::testNow\(\)/);
        assert.match(output, /it came later/);
        assert.match(output, /Tests: 2, Assertions: 2, Failures: 0/);
    });

    test('a device: tests that fail, with why', async (t) => {
        await onImp(t, { 'device.nut': ADD, 'tests/sum.device.test.nut': FAILS }, '-x', 'device.nut', '-t', '10');
        const output = await impt.fails('', 'test', 'run');
        assert.match(output, /Expected value: 5, got: 4/);
        assert.match(output, /thrown text/);
        assert.match(output, /the index 'fieldDoesNotExists' does not exist/);
        assert.match(output, /Tests: 4, Assertions: \d+, Failures: 3/);
    });

    test('a device: a test that does not end', async (t) => {
        const source = `
class SumTests extends ImpTestCase {
    function testForEver() { return Promise(function(resolve, reject) {}); }
    function testAfter() { this.assertEqual(4, add(2, 2)); }
}
`;
        await onImp(t, { 'device.nut': ADD, 'tests/sum.device.test.nut': source }, '-x', 'device.nut', '-t', '2');
        const output = await impt.fails('', 'test', 'run');
        assert.match(output, /Test timed out/i);
        assert.match(output, /Tests: 2, Assertions: 1, Failures: 1/);
    });

    test('a device: a test that crashes', async (t) => {
        const source = `
class SumTests extends ImpTestCase {
    function testCrash() { return Promise(function(resolve, reject) { imp.wakeup(0.1, function() { local none = {}; none.missing(); }); }); }
}
`;
        await onImp(t, { 'device.nut': ADD, 'tests/sum.device.test.nut': source }, '-x', 'device.nut', '-t', '5');
        const output = await impt.fails('', 'test', 'run');
        assert.match(output, /Device Runtime Error: ERROR: the index 'missing' does not exist/);
        assert.match(output, /Session "[\w-]+" failed/);
        assert.match(output, /Testing failed\n/);
    });

    test('a device and its agent', async (t) => {
        const device = 'agent.on("double", @(n) agent.send("doubled", n * 2));\n';
        const agent = 'function add(a, b) { return a + b; }\n';
        const source = `
class PairTests extends ImpTestCase {
    function testThere() {
        return Promise(function(resolve, reject) {
            device.on("doubled", @(n) n == 42 ? resolve("doubled to " + n) : reject("it is " + n));
            device.send("double", 21);
        });
    }
}
`;
        await onImp(t, { 'device.nut': device, 'agent.nut': agent, 'tests/pair.agent.test.nut': source }, '-x', 'device.nut', '-y', 'agent.nut', '-t', '10');
        const output = await impt.ok('test', 'run');
        assert.match(output, /doubled to 42/);
        assert.match(output, /Tests: 1, Assertions: 0, Failures: 0/);
    });

    test('an agent whose test has a partner on the device', async (t) => {
        const source = `
class PartnerTests extends ImpTestCase {
    function testPartner() {
        return Promise(function(resolve, reject) {
            device.on("answer", @(text) resolve("the partner says " + text));
            device.send("question", null);
        });
    }
}
`;
        const partner = 'agent.on("question", @(_) agent.send("answer", "forty-two"));\n';
        await onImp(t, { 'agent.nut': '// agent\n', 'tests/partner.agent.test.nut': source, 'tests/partner.device.nut': partner }, '-y', 'agent.nut', '-t', '10');
        const output = await impt.ok('test', 'run');
        assert.match(output, /the partner says forty-two/);
        assert.match(output, /Tests: 1, Assertions: 0, Failures: 0/);
    });
});
