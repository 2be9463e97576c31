// The page in the language of whoever looks at it, with times and numbers as they are written there.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { logIn, startServer, USER } from '../../testing/server.js';
import { BROWSERS, closeBrowsers, visit } from './browsers.js';

after(closeBrowsers);

const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1';

const LANGUAGES = {
  'de-DE': {
    signIn: ['Benutzername', 'Passwort', 'Anmelden', 'mit Ihrem Session-Konto'],
    wrong: 'Benutzername oder Passwort ist falsch.',
    until: /Angemeldet bis .*\d\d:\d\d\sUhr, wenn Sie jetzt gehen/,
    zone: /Zeitzone: Mitteleuropäische (Sommer|Normal)zeit/,
    devices: ['Geräte', 'Sie sind auf 2 Geräten angemeldet.', 'Safari auf iPhone', 'gerade eben'],
    end: ['Alle anderen Geräte abmelden', '1 anderes Gerät abmelden?'],
    security: ['Sicherheit', 'Passwort zuletzt eingegeben: gerade eben'],
    developer: ['Entwickler', 'Aussteller: '],
    data: ['Daten', 'Version 0', 'Daten (JSON-Objekt)', 'Zeile 1: Hier muss ein Objekt stehen'],
    left: ['Abmelden', 'Ohne Speichern abmelden', 'Sie sind abgemeldet.'],
  },
  'ja-JP': {
    signIn: ['ユーザー名', 'パスワード', 'ログイン', 'Session のアカウントでログインします'],
    wrong: 'ユーザー名またはパスワードが正しくありません。',
    until: /操作がない場合、.*\d?\d:\d\d までログインしたままです/,
    zone: /時刻はすべて中央ヨーロッパ(夏時間|標準時間?)です。/,
    devices: ['デバイス', '2 台のデバイスでログインしています。', 'iPhone の Safari', 'たった今'],
    end: ['他のすべてのデバイスからログアウト', '他の 1 台のデバイスからログアウトしますか？'],
    security: ['セキュリティ', '最後にパスワードを入力した日時: たった今'],
    developer: ['開発者向け', '発行元: '],
    data: [
      'データ',
      'リビジョン 0',
      'データ (JSON オブジェクト)',
      '1 行目: { で始まるオブジェクトが必要です',
    ],
    left: ['ログアウト', '保存せずにログアウト', 'ログアウトしました。'],
  },
};

for (const browser of BROWSERS) {
  test(`${browser}: a clock of twelve hours has room in a narrow window, and no time is broken`, async (t) => {
    const server = await startServer(t);
    const viewport = { width: 360, height: 740 };
    const tab = await visit(t, browser, server, { language: 'en-US', zone: 'America/New_York', viewport });
    await tab.enter();
    assert.match(await tab.text('until'), /\d?\d:\d\d\u00a0[AP]M/);
    const [marks, end] = await tab.evaluate(() => {
      const box = (element) => {
        const { left, right } = element.getBoundingClientRect();
        return { text: element.textContent, left, right };
      };
      const marks = [...document.querySelectorAll('#time-scale > span')].map(box);
      return [marks, box(document.querySelector('#time-line-end'))];
    });
    assert.ok(marks.length >= 2, JSON.stringify(marks));
    assert.match(end.text, /^\d?\d:\d\d$/);
    for (const [place, { text, right }] of marks.entries()) {
      assert.match(text, /^\d?\d:\d0$/);
      const next = marks[place + 1] ?? end;
      assert.ok(next.left - right >= 8, `${text} and ${next.text}: ${next.left - right} px`);
    }
    await tab.assertAccessible();
    assert.deepEqual(await tab.faults(), []);
  });
}

for (const browser of BROWSERS) {
  for (const [language, words] of Object.entries(LANGUAGES)) {
    test(`${browser}: everything is said in ${language} to who reads it`, async (t) => {
      const server = await startServer(t, '--page-developer');
      await logIn(server, PHONE);
      const options = { language, zone: 'Europe/Berlin', viewport: { width: 360, height: 740 } };
      const tab = await visit(t, browser, server, options);
      const [name, password, button, lead] = words.signIn;
      await tab.see(lead);
      assert.equal(await tab.evaluate(() => document.documentElement.lang), language.slice(0, 2));
      await assertGood(tab);
      const signIn = async (text) => {
        await tab.fill(name, USER.username);
        await tab.fill(password, text);
        await tab.click(button, 'form');
      };
      await signIn('not the password');
      await tab.see(words.wrong);
      await signIn(USER.password);
      await tab.see(words.until);
      await tab.see(words.zone);
      const [devices, summary, phone, justNow] = words.devices;
      await tab.see(summary);
      await assertGood(tab);
      await tab.click(devices, 'nav');
      for (const each of [phone, justNow]) await tab.see(each);
      await assertGood(tab);
      await tab.click(words.end[0]);
      await tab.see(words.end[1]);
      await assertGood(tab);
      await tab.press('Escape');
      await tab.click(words.security[0], 'nav');
      await tab.see(words.security[1]);
      await assertGood(tab);
      await tab.click(words.developer[0], 'nav');
      await tab.see(words.developer[1] + server.origin);
      await assertGood(tab);
      const [data, revision, label, fault] = words.data;
      await tab.click(data, '#developer-views');
      await tab.see(revision);
      await tab.fill(label, '[');
      await tab.see(fault);
      await assertGood(tab);
      const [out, anyway, farewell] = words.left;
      await tab.click(out, 'header');
      await tab.click(anyway, '#confirm');
      await tab.see(farewell);
      await assertGood(tab);
    });
  }
}

/** It fits, is accessible, and no text has lost its value or its place. */
async function assertGood(tab) {
  const [over, shown] = await tab.evaluate(() => [
    document.documentElement.scrollWidth - document.documentElement.clientWidth,
    document.body.innerText,
  ]);
  assert.equal(over, 0, 'nothing is wider than the window');
  assert.doesNotMatch(shown, /\{\w+\}|undefined|null|NaN/);
  await tab.assertAccessible();
  assert.deepEqual(await tab.faults(), []);
}
