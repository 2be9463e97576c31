/** One device: its picture and name, whether it is in use, and the button that signs it out. */

import { deviceName } from './device-name';
import { icon } from './icons';
import { originOf } from './origin';
import { make, onClick } from './page';
import { relativeTime, setTime } from './relative-time';
import { now } from './session';
import type { SignIn } from './sign-ins';
import { phrase, text } from './texts';
import { described } from './user-agent';

/** Seconds. The server notes use about that often. */
const ACTIVE_WITHIN = 120;

type End = (signIn: SignIn, name: string) => Promise<void>;

export class DeviceCard {
  readonly item: HTMLLIElement;
  #seen: HTMLElement;
  #seenAt: HTMLElement;
  #badge = make('span', { className: 'badge new', hidden: true }, text('new'));

  constructor(signIn: SignIn, end: End) {
    const { session_id, current, created_at, last_seen_at, client } = signIn;
    const agent = client.user_agent ?? '';
    const name = deviceName(agent);
    this.#seenAt = relativeTime(last_seen_at);
    this.#seen = make('p', { className: 'seen' });
    const signedIn = phrase('device_signed_in', { when: relativeTime(created_at) });
    const facts = make('p', { className: 'detail', id: `device-${session_id}` }, ...signedIn);
    const origin = originOf(client);
    if (origin) facts.prepend(origin, ' · ');
    const heading = make('h2', {}, name, ' ', this.#badge);
    const picture = make('span', { className: 'picture' }, icon(described(agent).kind));
    const about = make('div', { className: 'about' }, heading, this.#seen, facts);
    this.item = make('li', { className: 'device' }, picture, about);
    this.item.classList.toggle('current', current);
    if (current) this.#badge.before(make('span', { className: 'badge' }, text('this_device')), ' ');
    else this.item.append(endButton(name, facts.id, () => end(signIn, name)));
    this.show(signIn);
  }

  /** What changes while it is there. */
  show({ current, last_seen_at, isNew }: SignIn): void {
    this.#badge.hidden = !isNew;
    setTime(this.#seenAt, last_seen_at);
    const isActive = current || now() - last_seen_at < ACTIVE_WITHIN;
    if (this.#seen.dataset.active === String(isActive)) return;
    this.#seen.dataset.active = String(isActive);
    this.#seen.replaceChildren(
      ...(isActive ? [text('active_now')] : phrase('last_active', { when: this.#seenAt })),
    );
  }
}

function endButton(name: string, facts: string, end: () => Promise<void>): HTMLButtonElement {
  const ariaLabel = text('sign_out_device', { device: name });
  const button = make('button', { type: 'button', className: 'quiet', ariaLabel }, text('sign_out'));
  // Two of them may have the same name.
  button.setAttribute('aria-describedby', facts);
  onClick(button, end);
  return button;
}
