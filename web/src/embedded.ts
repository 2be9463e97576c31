import { element } from './page';

/** What the server wrote into the page as JSON, in the element with this `id`. */
export const embedded = (id: string) => JSON.parse(element(id, HTMLScriptElement).text);
