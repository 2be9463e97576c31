// Called from WebAssembly, so that a verdict has one shape and is made in one place.

export const refused = (reason) => ({ ok: false, reason });

export const authentic = (sessionId, issuedAt, expiresAt, keyId) => ({
  ok: true,
  sessionId,
  issuedAt,
  expiresAt,
  keyId,
});

export const verified = (
  subject,
  sessionId,
  issuedAt,
  expiresAt,
  authenticatedAt,
  idleExpiresAt,
  absoluteExpiresAt,
  claims,
  keyId,
) => ({
  ok: true,
  subject,
  sessionId,
  issuedAt,
  expiresAt,
  authenticatedAt,
  idleExpiresAt,
  absoluteExpiresAt,
  claims: JSON.parse(claims),
  keyId,
});
