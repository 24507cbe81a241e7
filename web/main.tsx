// The console: one page, which knows by its address what to show.

import './styles/base.css';
import './styles/parts.css';
import './styles/pages.css';
import './styles/sandbox.css';
import { render } from 'preact';
import { Frame } from './frame.tsx';
import { speakBrowsers } from './locales/index.ts';

void speakBrowsers().then(() => render(<Frame />, document.getElementById('app')!));
