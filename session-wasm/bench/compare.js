import * as cookies from './contenders/cookies.js';
import * as statements from './contenders/statements.js';
import { measure } from './rounds.js';

/**
 * Everything that can be measured in one runtime, with the two modules as that runtime imported them.
 * `read` gives the text of a file below `vectors/`; `node` is the peers that only some runtimes have.
 */
export async function compare({ cookie, statement }, read, { node, now = () => performance.now() } = {}) {
  const parse = async (name) => JSON.parse(await read(`vectors/${name}-v1.json`));
  const cookieVectors = await parse('cookie');
  const statementVectors = await parse('statement');
  const goodCookies = cookies.goodCookies(cookieVectors);
  const goodStatements = statements.goodStatements(statementVectors);
  return {
    failures: [],
    cookies: await measure(
      [
        ...cookies.ours(cookie, cookieVectors, goodCookies),
        ...(node?.cookies(goodCookies) ?? []),
        ...(await cookies.portable(goodCookies)),
      ],
      now,
    ),
    statements: await measure(
      [
        ...statements.ours(statement, statementVectors, goodStatements),
        ...(node?.statements(goodStatements) ?? []),
        ...(await statements.portable(statementVectors, goodStatements)),
      ],
      now,
    ),
  };
}
