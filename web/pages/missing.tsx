import { Notice } from '../parts/field.tsx';
import { texts } from '../locales/index.ts';

export const MissingPage = () => (
  <div class="page">
    <Notice title={texts.value.missing.title} text={texts.value.missing.text}>
      <a class="button primary" href="/">
        {texts.value.missing.home}
      </a>
    </Notice>
  </div>
);
