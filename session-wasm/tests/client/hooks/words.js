/** What the component of either framework shows. */
export const words = ({ status, view }) => (status === 'signed_in' ? `${view.subject} is here` : status);
