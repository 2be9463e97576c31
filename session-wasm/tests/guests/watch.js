// A classic script, loaded first: what keeps the page's module from running is reported as well.
const fail = (message) =>
  fetch(location.pathname, { method: 'POST', body: JSON.stringify({ failures: [message] }) });
addEventListener('error', ({ message, target }) => fail(message ?? `cannot load ${target.src}`), true);
addEventListener('unhandledrejection', ({ reason }) => fail(String(reason)));
