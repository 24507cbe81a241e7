// How to get in with kubectl, or anything else that speaks to Kubernetes.

import { useState } from 'preact/hooks';
import { front } from '../front/client.ts';
import { texts } from '../locales/index.ts';
import { CodeLine, CopyButton } from '../parts/copy.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { attempt, toast } from '../parts/toast.tsx';

interface Props {
  readonly name: string;
  /** Of one's own sandbox. */
  readonly id?: string;
  /** Of the link by which somebody else's is visited. */
  readonly token?: string;
  onClose(): void;
}

export function ConnectDialog({ name, id, token, onClose }: Props) {
  const t = texts.value;
  const [kept, setKept] = useState<string | undefined>(undefined);
  /** Each has a token of its own: one is enough for as long as this is open. */
  const kubeconfig = async (): Promise<string> => {
    const text = kept ?? (id ? await front.kubeconfig(id) : await front.sharedKubeconfig(token!));
    setKept(text);
    return text;
  };
  const file = `${name}.yaml`;
  const download = (): void =>
    attempt(async () => {
      const url = URL.createObjectURL(new Blob([await kubeconfig()], { type: 'application/yaml' }));
      const link = Object.assign(document.createElement('a'), { href: url, download: file });
      link.click();
      URL.revokeObjectURL(url);
    });
  const revoke = (): void =>
    attempt(async () => {
      await front.revokeKubeconfigs(id!);
      setKept(undefined);
      toast(t.connect.revoked);
    });
  return (
    <Dialog title={t.connect.title} wide onClose={onClose}>
      <ol class="steps">
        <li>
          <h3>{t.connect.get}</h3>
          <p class="hint">{t.connect.getHint}</p>
          <div class="row">
            <button type="button" class="primary" onClick={download}>
              <Icon name="download" />
              <span>{t.connect.download(file)}</span>
            </button>
            <CopyButton label={t.connect.copyFile} text={kubeconfig} />
            <CopyButton
              label={t.connect.copyShell}
              text={async () => `cat > ${file} <<'EOF'\n${await kubeconfig()}EOF\nexport KUBECONFIG="$PWD/${file}"\n`}
            />
          </div>
        </li>
        {token && (
          <li>
            <h3>{t.connect.byCurl}</h3>
            <CodeLine text={`curl -sX POST ${location.href} -H 'accept: application/yaml' > ${file}`} />
          </li>
        )}
        <li>
          <h3>{t.connect.use}</h3>
          <CodeLine text={`export KUBECONFIG="$PWD/${file}"`} />
          <CodeLine text="kubectl get nodes" />
        </li>
        <li>
          <h3>{t.connect.try}</h3>
          <CodeLine text="kubectl create deployment web --image=nginx --replicas=3" />
          <CodeLine text="kubectl expose deployment web --port=80" />
          <CodeLine text="kubectl get pods -w" />
        </li>
      </ol>
      <p class="hint">
        {t.connect.new} <code>curl -sX POST {location.origin}/api/v1/sandboxes -H 'accept: application/yaml' &gt; kubeconfig</code>
      </p>
      {id && (
        <footer>
          <span class="hint grow">{t.connect.revokeHint}</span>
          <button type="button" class="danger" onClick={revoke}>
            {t.connect.revoke}
          </button>
        </footer>
      )}
    </Dialog>
  );
}
