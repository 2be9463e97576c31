// An application as it was: sessions by express-session in Redis, who has signed in by Passport.

import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import passport from 'passport';
import { createClient } from 'redis';

const client = createClient({ url: process.env.REDIS });
client.on('error', ({ message }) => console.error(message));
await client.connect();

passport.serializeUser((user, done) => done(null, user.id));
passport.deserializeUser((id, done) => done(null, { id }));

const application = express();
application.use(
  session({
    store: new RedisStore({ client }),
    secret: process.env.SECRETS.split(','),
    resave: false,
    saveUninitialized: false,
  }),
);
application.use(passport.session());

// Whoever asks is whom they say: what the application proved that by is no part of this.
application.post('/login/:user', (request, response, next) => {
  request.login({ id: Number(request.params.user) }, (error) =>
    error ? next(error) : response.sendStatus(204),
  );
});

application.post('/cart/:item', (request, response) => {
  request.session.cart = [...(request.session.cart ?? []), request.params.item];
  response.sendStatus(204);
});

application.get('/user', (request, response) => {
  response.json(request.user?.id ?? null);
});

const server = application.listen(Number(process.env.PORT), '127.0.0.1', () => {
  console.log(`serving on http://127.0.0.1:${server.address().port}`);
});
