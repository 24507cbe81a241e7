// The image of kube-webhook-certgen, which the charts of ingress-nginx and of Prometheus use.

import { baseFiles } from '../files/base.ts';
import { lazily } from './image.ts';
import type { Image, ImageFamily } from './image.ts';

const image: Image = {
  entrypoint: ['/kube-webhook-certgen'],
  env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  user: '65532',
  size: 23_300_000,
  files: lazily(() => baseFiles({ '/kube-webhook-certgen': { program: 'kube-webhook-certgen', size: 45_000_000 } }, { bare: true })),
};

export const kubeWebhookCertgenImage: ImageFamily = {
  repositories: [
    'registry.k8s.io/ingress-nginx/kube-webhook-certgen',
    'k8s.gcr.io/ingress-nginx/kube-webhook-certgen',
    'docker.io/jettech/kube-webhook-certgen',
  ],
  find: (tag) => (/^v(\d{8}-\w+|\d+\.\d+\.\d+)$/.test(tag) ? image : undefined),
};
