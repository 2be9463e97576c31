// A peer: Express with express-session, in Redis by connect-redis.

import express from 'express';
import session from 'express-session';
import { announce, openStore, secret } from './started.js';

const app = express();
app.use(
  session({
    store: await openStore(),
    secret,
    resave: false,
    saveUninitialized: false,
    // Over https they would be.
    cookie: { secure: false, sameSite: 'lax' },
  }),
);

const signedIn = (request, response, next) => {
  if (request.session.subject) {
    next();
  } else {
    response.status(401).send('not signed in');
  }
};

app.get('/check', signedIn, (request, response) => {
  response.json({ subject: request.session.subject });
});

app.post('/login/:name', (request, response) => {
  request.session.subject = request.params.name;
  response.json({ subject: request.params.name });
});

app.patch('/data', signedIn, express.json(), (request, response) => {
  request.session.cart = request.body.cart;
  response.json({ cart: request.session.cart });
});

const server = app.listen(0, '127.0.0.1', () => announce(server));
