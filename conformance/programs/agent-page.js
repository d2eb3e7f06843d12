// Runs in a page that an agent serves: tries whatever a page can try against the API, and notes what came of it.
const { api, inside } = window.target;

/** What an attempt gives: a value, or the name of the error. */
async function outcome(attempt) {
    try {
        return await attempt();
    } catch (error) {
        return error.name;
    }
}

const load = (element, url) =>
    new Promise((resolve) => {
        element.addEventListener('load', () => resolve('loaded'));
        element.addEventListener('error', () => resolve('failed'));
        Object.assign(element, url);
        document.body.append(element);
    });

const framed = async (path) => {
    const frame = document.createElement('iframe');
    await load(frame, { src: api + path });
    return { document: frame.contentDocument, text: await outcome(() => frame.contentWindow.document.body.innerText) };
};

/** Posts a form whose only field makes the body look like JSON, and looks at what came back. */
const posted = async (path, enctype) => {
    const frame = document.createElement('iframe');
    frame.name = `answer${Math.random()}`;
    document.body.append(frame);
    const form = document.createElement('form');
    Object.assign(form, { action: api + path, method: 'post', enctype, target: frame.name });
    const field = document.createElement('input');
    field.name = '{"data":{"type":"product","attributes":{"name":"made by a form","description":"';
    field.value = '"}}}';
    form.append(field);
    document.body.append(form);
    const answered = new Promise((resolve) => frame.addEventListener('load', resolve));
    form.submit();
    await answered;
    return { document: frame.contentDocument, text: await outcome(() => frame.contentWindow.document.body.innerText) };
};

const xhr = (path) =>
    new Promise((resolve) => {
        const request = new XMLHttpRequest();
        request.withCredentials = true;
        request.onloadend = () => resolve([request.status, request.responseText]);
        request.open('GET', api + path);
        request.send();
    });

const events = (path) =>
    new Promise((resolve) => {
        const source = new EventSource(api + path, { withCredentials: true });
        source.onopen = () => resolve('open');
        source.onerror = () => resolve('failed');
    });

const body = JSON.stringify({ data: { type: 'product', attributes: { name: 'made by a page' } } });

window.results = (async () => ({
    'fetch with credentials': await outcome(async () => (await fetch(`${api}/v5/products`, { credentials: 'include' })).text()),
    'fetch without credentials': await outcome(async () => (await fetch(`${api}/v5/products`)).status),
    'fetch of a public page': await outcome(async () => (await fetch(`${api}/docs`, { credentials: 'include' })).text()),
    'fetch with a token': await outcome(async () => (await fetch(`${api}/v5/products`, { headers: { authorization: 'Bearer guessed' } })).status),
    'fetch that posts': await outcome(async () => (await fetch(`${api}/v5/products`, { method: 'POST', body, headers: { 'content-type': 'application/vnd.api+json' } })).status),
    'fetch that deletes': await outcome(async () => (await fetch(`${api}/v5/products/${inside.product}`, { method: 'DELETE', credentials: 'include' })).text()),
    'fetch without looking': await outcome(async () => {
        const answer = await fetch(`${api}/v5/products`, { mode: 'no-cors', credentials: 'include', method: 'POST', body });
        return [answer.type, answer.status, await answer.text()];
    }),
    'XMLHttpRequest': await xhr('/v5/products'),
    'EventSource': await events('/v5/logstream'),
    'a beacon': navigator.sendBeacon(`${api}/v5/products`, body) && 'sent',
    'a script': await load(document.createElement('script'), { src: `${api}/v5/products` }),
    'a module': await outcome(() => import(`${api}/docs`)),
    'a frame of the reference': await framed('/docs'),
    'a frame of the API': await framed('/v5/products'),
    'a form as text': await posted('/v5/products', 'text/plain'),
    'a form': await posted('/v5/products', 'application/x-www-form-urlencoded'),
    'a form in parts': await posted('/v5/products', 'multipart/form-data'),
    'the cookies': document.cookie,
    'the storage': [localStorage.getItem('token'), sessionStorage.getItem('token')],
    'the opener': window.opener && {
        document: await outcome(() => window.opener.document.title),
        storage: await outcome(() => window.opener.localStorage.getItem('token')),
        place: await outcome(() => window.opener.location.href),
    },
}))();

/** What a click allows: another window. */
window.openAnother = async () => {
    const other = window.open(`${api}/docs`);
    // While it is this page's own, empty, it is readable; it has come to the API once it is not.
    for (;;) {
        const title = await outcome(() => other.document.title);
        if (title !== '') return { document: title, storage: await outcome(() => other.localStorage.getItem('token')) };
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
};
