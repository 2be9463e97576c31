// For display only: whoever owns the browser owns this page, so it protects nothing. What somebody
// may do is decided where it is done, by the server.

const who = document.querySelector('#who');

await navigator.serviceWorker.register('service-worker.js', { type: 'module' });
await navigator.serviceWorker.ready;
if (!navigator.serviceWorker.controller) await controlled();
await show();

/** The first time, the worker begins when the page is already there. */
function controlled() {
  return new Promise((resolve) => {
    navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true });
  });
}

async function show() {
  const answer = await fetch('/session');
  if (answer.ok) {
    const { subject, as_of: asOf } = await answer.json();
    who.value = asOf ? `${subject}, when the server was last there` : subject;
  } else {
    who.value = answer.status === 401 ? 'nobody' : 'nobody can say';
  }
}
