/** The element of the page with this `id`, which is expected to be a `type`. */
export function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`the page has no ${type.name} with the id ${id}`);
}

/** Writes `text` where it is not there yet, so that live regions speak once and selections last. */
export function write(id: string, text: string): void {
  const target = element(id, HTMLElement);
  if (target.textContent !== text) target.textContent = text;
}

/** A new element with these properties and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** Runs `work` on a click, once at a time. */
export function onClick(button: HTMLButtonElement, work: () => Promise<void>): void {
  button.addEventListener('click', () => onceAtATime([button], work));
}

/** Runs `work` when a form is sent, once at a time. */
export function onSubmit(
  form: HTMLFormElement,
  work: (submitter: HTMLElement | null) => Promise<void>,
): void {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const { submitter } = event;
    onceAtATime(submitter ? [form, submitter] : [form], () => work(submitter));
  });
}

/** The first of `owners` is busy meanwhile, and so are the others. */
async function onceAtATime(
  owners: [HTMLElement, ...HTMLElement[]],
  work: () => Promise<void>,
): Promise<void> {
  if (owners[0].ariaBusy === 'true') return;
  for (const owner of owners) owner.ariaBusy = 'true';
  try {
    await work();
  } finally {
    for (const owner of owners) owner.ariaBusy = null;
  }
}

/** Lets `toggle` show what is typed into `field`; never longer than until it is sent. */
export function reveal(field: HTMLInputElement, toggle: HTMLButtonElement): void {
  const show = (shown: boolean) => {
    field.type = shown ? 'text' : 'password';
    toggle.ariaPressed = String(shown);
  };
  toggle.addEventListener('click', () => show(field.type === 'password'));
  // In time: password managers look at the fields as they are sent.
  field.form?.addEventListener('submit', () => show(false), { capture: true });
}

/** One line of a list of terms: `Signing key  s1`. */
export function term(name: string, ...value: (Node | string)[]): HTMLDivElement {
  return make('div', {}, make('dt', {}, name), make('dd', {}, ...value));
}

/**
 * Opens `dialog`, and gives what it is closed with; nothing where that is done by the Escape key. The `close`
 * event would tell a frame later, while the next button may have been pressed by then.
 */
export function answerOf(dialog: HTMLDialogElement): Promise<string> {
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (dialog.open) return;
      observer.disconnect();
      resolve(dialog.returnValue);
    });
    observer.observe(dialog, { attributeFilter: ['open'] });
  });
}
