// A person with a browser: what the tests of the console do and see. Whatever a page complains about fails the test that caused it.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { expect, inject } from 'vitest';

export const hasBrowser = inject('chromium') !== '';
export const WHY_NOT = 'there is no Chromium on this machine (Debian: apt-get install chromium)';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-quic',
  '--no-first-run',
  '--disable-component-update',
  '--disable-sync',
];
/** Where pictures go, to be looked at: SCREENSHOTS=folder npm test -- --project browser */
const PICTURES = process.env['SCREENSHOTS'];

export const launch = (): Promise<Browser> => chromium.launch({ executablePath: inject('chromium'), args: FLAGS });

export class Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly base: string;
  readonly complaints: string[] = [];

  private constructor(context: BrowserContext, page: Page, base: string) {
    this.context = context;
    this.page = page;
    this.base = base;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  static async come(browser: Browser, options: BrowserContextOptions = {}): Promise<Visitor> {
    const base = inject('base');
    const context = await browser.newContext({ baseURL: base, viewport: { width: 1280, height: 800 }, locale: 'en-US', ...options });
    context.setDefaultTimeout(30_000);
    return new Visitor(context, await context.newPage(), base);
  }

  /** Leaves, with nothing to complain of. */
  async leave(): Promise<void> {
    await this.context.close();
    expect(this.complaints).toEqual([]);
  }

  async picture(name: string): Promise<void> {
    if (!PICTURES) return;
    mkdirSync(PICTURES, { recursive: true });
    await this.page.screenshot({ path: join(PICTURES, `${name}.png`) });
  }

  /** The management API, as this browser. */
  async api<T>(method: string, path: string, data?: unknown): Promise<T> {
    const response = await this.context.request.fetch(`/api/v1${path}`, {
      method,
      headers: { origin: this.base },
      ...(data !== undefined && { data }),
    });
    if (!response.ok()) throw new Error(`${method} ${path}: ${response.status()} ${await response.text()}`);
    return (response.status() === 204 ? undefined : await response.json()) as T;
  }

  /** A sandbox made without the pages, and its Kubernetes API. */
  async sandbox(options: object): Promise<{ id: string; kube: Kube }> {
    // A guest is made by the first call only: two at once would be two guests.
    const { id } = await this.api<{ id: string }>('POST', '/sandboxes', options);
    return { id, kube: await this.kube(id) };
  }

  async kube(id: string): Promise<Kube> {
    const { path, token } = await this.api<{ path: string; token: string }>('POST', `/sandboxes/${id}/access`);
    return async (method, at, data, type = 'application/json') => {
      const response = await this.context.request.fetch(path + at, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': type },
        ...(data !== undefined && { data: JSON.stringify(data) }),
      });
      if (!response.ok()) throw new Error(`${method} ${at}: ${response.status()} ${await response.text()}`);
      return response.json();
    };
  }

  /** What a screen reader would not know by name, and fields without labels. */
  async nameless(): Promise<string[]> {
    return this.page.evaluate(() => {
      const isShown = (one: Element): boolean => one.checkVisibility();
      const named = (one: Element): boolean =>
        !!(
          one.getAttribute('aria-label') ||
          one.getAttribute('aria-labelledby') ||
          one.textContent?.trim() ||
          (one as HTMLInputElement).labels?.length
        );
      return [...document.querySelectorAll('button, a, input, select, textarea, [role=dialog], dialog, [role=tab]')]
        .filter((one) => isShown(one) && !named(one))
        .map((one) => one.outerHTML.slice(0, 120));
    });
  }

  /** Texts whose colour is too near to that of what they are on (WCAG 2: 4.5 to 1; 3 to 1 for large ones). */
  async pale(): Promise<string[]> {
    return this.page.evaluate(() => {
      const context = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', {
        willReadFrequently: true,
      })!;
      const paint = (colours: readonly string[]): number[] => {
        context.clearRect(0, 0, 1, 1);
        for (const colour of colours) {
          context.fillStyle = colour;
          context.fillRect(0, 0, 1, 1);
        }
        return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
      };
      const luminance = (rgb: number[]): number => {
        const [r = 0, g = 0, b = 0] = rgb.map((one) => (one / 255 <= 0.04045 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const below = (element: Element): string[] => {
        const colours: string[] = [];
        for (let at: Element | null = element; at; at = at.parentElement) colours.unshift(getComputedStyle(at).backgroundColor);
        return colours;
      };
      const found: string[] = [];
      for (const element of document.querySelectorAll('body *')) {
        const text = [...element.childNodes]
          .filter(({ nodeType }) => nodeType === 3)
          .map(({ textContent }) => textContent!.trim())
          .join('');
        if (
          !text ||
          !element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) ||
          element.closest('svg, .visually-hidden, [aria-hidden=true], :disabled')
        )
          continue;
        const { color, fontSize, fontWeight } = getComputedStyle(element);
        const ground = below(element);
        const [a, b] = [luminance(paint(ground)), luminance(paint([...ground, color]))].sort((one, other) => other - one) as [
          number,
          number,
        ];
        const ratio = (a + 0.05) / (b + 0.05);
        const size = Number.parseFloat(fontSize);
        const isLarge = size >= 24 || (size >= 18.6 && Number(fontWeight) >= 700);
        if (ratio < (isLarge ? 3 : 4.5)) found.push(`${ratio.toFixed(2)} ${element.className} "${text.slice(0, 30)}"`);
      }
      return found;
    });
  }

  /** Whether the page is wider than the screen. */
  overflow(): Promise<number> {
    return this.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  }
}

export type Kube = (method: string, path: string, data?: unknown, type?: string) => Promise<unknown>;

export const deployment = (name: string, replicas: number, container: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image: 'nginx', ...container }] } },
  },
});

export const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
export const PODS = '/api/v1/namespaces/default/pods';
