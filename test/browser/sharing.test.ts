// Others in a sandbox: to look, to work in it, to take a copy; kubectl's file; and when a link is revoked.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEPLOYMENTS, deployment, hasBrowser, launch, Visitor, WHY_NOT } from './visitor.ts';

describe.skipIf(!hasBrowser)(`sharing (${hasBrowser ? 'in Chromium' : WHY_NOT})`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());

  async function share(ada: Visitor, id: string, mode: string): Promise<string> {
    const { page } = ada;
    await page.goto(`/sandboxes/${id}`);
    await page.getByRole('button', { name: 'Share' }).click();
    const dialog = page.getByRole('dialog', { name: 'Share this sandbox' });
    await dialog.getByText(mode, { exact: true }).first().click();
    await dialog.getByRole('button', { name: 'Make link' }).click();
    const link = await dialog.getByText(/^http\S+\/s\/kbl_/).textContent();
    await ada.picture(`share-${mode.split(' ')[0]!.toLowerCase()}`);
    expect(await ada.nameless()).toEqual([]);
    return link!;
  }

  test('who may look sees it live and can change nothing; when the link is revoked they are out', async () => {
    const ada = await Visitor.come(browser);
    const { id, kube } = await ada.sandbox({ name: 'open', template: 'bare', nodes: 2 });
    const link = await share(ada, id, 'Look');
    const bob = await Visitor.come(browser);
    await bob.page.goto(link);
    await bob.page.getByText('You are looking at somebody’s sandbox').waitFor();
    await kube('POST', DEPLOYMENTS, deployment('web', 2));
    await expect.poll(() => bob.page.locator('.node button.pod').count()).toBe(2);
    for (const name of ['Add', 'Share', 'Pause time']) expect(await bob.page.getByRole('button', { name }).count(), name).toBe(0);
    await bob.page.locator('.node button.pod').first().click();
    const drawer = bob.page.getByRole('dialog', { name: /^Pod web/ });
    await drawer.getByRole('tab', { name: 'YAML' }).click();
    await drawer.getByText('kind: Pod').waitFor();
    for (const name of ['Delete', 'Edit']) expect(await drawer.getByRole('button', { name }).count(), name).toBe(0);
    expect(await drawer.getByRole('tab', { name: 'Terminal' }).count()).toBe(0);
    await bob.picture('visitor');
    expect(bob.complaints).toEqual([]);

    await ada.page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await bob.page.getByText('Refused').waitFor();
    await bob.page.reload();
    await bob.page.getByRole('heading', { name: 'This link leads nowhere' }).waitFor();
    bob.complaints.length = 0; // of the browser itself, about refusals
    await bob.leave();
    await ada.leave();
  });

  test('who may edit works in it', async () => {
    const ada = await Visitor.come(browser);
    const { id } = await ada.sandbox({ name: 'together', template: 'bare', nodes: 1 });
    const link = await share(ada, id, 'Work in it');
    const bob = await Visitor.come(browser);
    await bob.page.goto(link);
    await bob.page.getByRole('button', { name: 'Add', exact: true }).click();
    await bob.page.getByRole('textbox', { name: 'YAML' }).fill(JSON.stringify(deployment('web', 1)));
    await bob.page.getByRole('button', { name: 'Apply' }).click();
    await expect.poll(() => ada.page.locator('.node button.pod').count()).toBe(1);
    await bob.leave();
    await ada.leave();
  });

  test('who may take a copy gets one of their own, as it stands', async () => {
    const ada = await Visitor.come(browser);
    const { id, kube } = await ada.sandbox({ name: 'lesson', template: 'bare', nodes: 2, speed: 'instant' });
    await kube('POST', DEPLOYMENTS, deployment('web', 3));
    const link = await share(ada, id, 'Take a copy');
    const bob = await Visitor.come(browser);
    await bob.page.goto(link);
    await bob.page.getByRole('heading', { name: 'A copy of lesson for you' }).waitFor();
    await bob.picture('offer');
    await bob.page.getByRole('button', { name: 'Make my copy' }).click();
    await bob.page.waitForURL('**/sandboxes/*');
    await expect.poll(() => bob.page.locator('.node button.pod.ok').count()).toBe(3);
    const mine = await bob.kube(bob.page.url().split('/').at(-1)!);
    await mine('DELETE', `${DEPLOYMENTS}/web`);
    await expect.poll(() => bob.page.locator('.node button.pod').count()).toBe(0);
    expect(await ada.page.locator('.node button.pod.ok').count()).toBe(3);
    await bob.leave();
    await ada.leave();
  });

  test('the kubeconfig is handed out, lets one in, and is revoked', async () => {
    const ada = await Visitor.come(browser, { permissions: ['clipboard-read', 'clipboard-write'] });
    const { page } = ada;
    const { id } = await ada.sandbox({ name: 'shell', template: 'bare', nodes: 1 });
    await page.goto(`/sandboxes/${id}`);
    await page.getByRole('button', { name: 'kubectl' }).click();
    const dialog = page.getByRole('dialog', { name: 'Use it with kubectl' });
    const download = page.waitForEvent('download');
    await dialog.getByRole('button', { name: 'Download shell.yaml' }).click();
    expect((await download).suggestedFilename()).toBe('shell.yaml');
    await dialog.getByRole('button', { name: 'Copy as a shell command' }).click();
    await dialog.getByText('Copied').waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toMatch(/^cat > shell\.yaml <<'EOF'\n[^]*\nEOF\nexport KUBECONFIG="\$PWD\/shell\.yaml"\n$/);
    const token = /token: (\S+)/.exec(copied)![1]!;
    const status = async () =>
      (await ada.context.request.get(`/c/${id}/api/v1/nodes`, { headers: { authorization: `Bearer ${token}` } })).status();
    expect(await status()).toBe(200);
    await ada.picture('connect');
    await dialog.getByRole('button', { name: 'Revoke all kubeconfigs' }).click();
    await page.getByText('They open nothing any more.').waitFor();
    expect(await status()).toBe(401);
    await ada.leave();
  });
});
