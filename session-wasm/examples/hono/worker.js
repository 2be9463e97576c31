import { createApp } from './app.js';

let app;

export default {
  fetch(request, env, context) {
    app ??= createApp(env.ISSUER);
    return app.fetch(request, env, context);
  },
};
