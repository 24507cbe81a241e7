// My sandboxes, from the first visit on: make, rename, copy, delete and regret; accounts and tokens.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, launch, Visitor, WHY_NOT } from './visitor.ts';

describe.skipIf(!hasBrowser)(`my sandboxes (${hasBrowser ? 'in Chromium' : WHY_NOT})`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());

  test('somebody who comes first makes a cluster with one click', async () => {
    const ada = await Visitor.come(browser);
    const { page } = ada;
    await page.goto('/');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await ada.picture('welcome');
    expect(await ada.nameless()).toEqual([]);
    await page.getByRole('button', { name: 'Make a cluster' }).click();
    await page.waitForURL('**/sandboxes/*');
    await page.getByRole('region', { name: 'Control plane' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await ada.leave();
  });

  test('a sandbox is made with options, and a wrong name is refused where it was entered', async () => {
    const ada = await Visitor.come(browser);
    const { page } = ada;
    await page.goto('/');
    await page.getByRole('button', { name: 'Choose options' }).click();
    const dialog = page.getByRole('dialog', { name: 'New sandbox' });
    await dialog.getByLabel('Name').fill('Not A Name');
    await dialog.getByRole('button', { name: 'Make sandbox' }).click();
    await dialog.getByText('a name of up to 63').waitFor();
    expect(await dialog.getByLabel('Name').getAttribute('aria-invalid')).toBe('true');
    await ada.picture('make-refused');
    ada.complaints.length = 0; // of the browser itself, that there was a 422
    await dialog.getByLabel('Name').fill('tests');
    await dialog.getByText('Bare cluster').click();
    await dialog.getByLabel('Nodes').fill('2');
    await dialog.getByLabel('Lifetime').selectOption('1h');
    await dialog.getByRole('button', { name: 'Make sandbox' }).click();
    await page.waitForURL('**/sandboxes/*');
    await page.getByRole('button', { name: 'node-2' }).waitFor();
    expect(await page.getByRole('region', { name: /^node-/ }).count()).toBe(2);
    await page.getByRole('link', { name: 'Kubarium' }).click();
    const card = page.getByRole('listitem').filter({ hasText: 'tests' });
    expect(await card.textContent()).toMatch(/Kubernetes 1\.36.*2 nodes.*Bare cluster.*in (59m|1h|60m)/);
    await ada.leave();
  });

  test('rename, copy, delete and regret, delete', async () => {
    const ada = await Visitor.come(browser);
    const { page } = ada;
    await ada.sandbox({ name: 'one', template: 'bare', nodes: 1 });
    await page.goto('/');
    const more = async (name: string, choice: string): Promise<void> => {
      await page.getByRole('button', { name: `More about ${name}` }).click();
      await page.getByRole('menuitem', { name: choice }).click();
    };
    await more('one', 'Rename');
    await page.getByRole('dialog').getByLabel('Name').fill('two');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('link', { name: 'two' }).waitFor();
    await more('two', 'Make a copy');
    await page.getByRole('link', { name: 'two-fork' }).waitFor();
    await ada.picture('list');
    const names = async () => (await ada.api<{ items: { name: string }[] }>('GET', '/sandboxes')).items.map(({ name }) => name);
    await more('two-fork', 'Delete');
    await page.getByRole('link', { name: 'two-fork' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('link', { name: 'two-fork' }).waitFor();
    expect((await names()).sort()).toEqual(['two', 'two-fork']);
    await more('two-fork', 'Delete');
    const gone = page.waitForResponse((response) => response.request().method() === 'DELETE');
    // Who leaves does not regret.
    await page
      .getByText('two-fork is deleted')
      .getByRole('button', { name: 'Close' })
      .or(page.locator('.toast').getByRole('button', { name: 'Close' }))
      .first()
      .click();
    await gone;
    expect(await names()).toEqual(['two']);
    await ada.leave();
  });

  test('a guest makes an account, signs out, and signs in from elsewhere', async () => {
    const name = `ada-${Date.now()}`;
    const ada = await Visitor.come(browser);
    const { page } = ada;
    await ada.sandbox({ name: 'mine', template: 'bare', nodes: 1 });
    await page.goto('/account');
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Make an account' }).click();
    await page.getByRole('heading', { name }).waitFor();
    await page.getByLabel('What it is for').fill('ci');
    await page.getByRole('button', { name: 'Make token' }).click();
    const token = await page.getByText(/^kba_\S+$/).textContent();
    const byToken = await ada.context.request.get('/api/v1/sandboxes', { headers: { authorization: `Bearer ${token}` } });
    expect(byToken.status()).toBe(200);
    await ada.picture('account');
    expect(await ada.nameless()).toEqual([]);
    await page.getByRole('button', { name: 'Revoke ci' }).click();
    await page.getByText('There are none yet.').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Make a cluster' }).waitFor();
    await ada.leave();

    const elsewhere = await Visitor.come(browser);
    await elsewhere.page.goto('/account');
    await elsewhere.page.getByRole('tab', { name: 'Sign in' }).click();
    await elsewhere.page.getByLabel('Name').fill(name);
    await elsewhere.page.getByLabel('Password').fill('wrong horse');
    await elsewhere.page.getByRole('button', { name: 'Sign in' }).click();
    await elsewhere.page.getByText('The name or the password is wrong.').waitFor();
    elsewhere.complaints.length = 0; // of the browser itself, that there was a 401
    await elsewhere.page.getByLabel('Password').fill('correct horse');
    await elsewhere.page.getByRole('button', { name: 'Sign in' }).click();
    await elsewhere.page.getByRole('link', { name: 'mine' }).waitFor();
    await elsewhere.page.goto('/account');
    await elsewhere.page.getByRole('button', { name: 'Delete everything of mine' }).click();
    await elsewhere.page.getByRole('button', { name: 'Sure? Delete' }).click();
    await elsewhere.page.getByRole('button', { name: 'Make a cluster' }).waitFor();
    await elsewhere.leave();
  });

  test('an address that leads nowhere says so, and a sandbox that is not there says what to do', async () => {
    const ada = await Visitor.come(browser);
    const { page } = ada;
    await page.goto('/nowhere/at/all');
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
    await page.goto('/sandboxes/aaaaaaaaaaaa');
    await page.getByRole('heading', { name: 'You have no such sandbox' }).waitFor();
    await page.goto('/s/kbl_nothing');
    await page.getByRole('heading', { name: 'This link leads nowhere' }).waitFor();
    ada.complaints.length = 0; // of the browser itself, about the 404s
    await page.getByRole('link', { name: 'My sandboxes' }).click();
    await page.getByRole('button', { name: 'Make a cluster' }).waitFor();
    await ada.leave();
  });
});
