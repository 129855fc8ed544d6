/** Starts the dashboard in its page. */
import { render } from 'preact';
import './look/tokens.css';
import './look/kit.css';
import './look/parts.css';
import { startAddress } from './address.ts';
import { App } from './app.tsx';
import { startKeyboard } from './keyboard.ts';
import { startTheme } from './theme.ts';

startAddress();
startTheme();
startKeyboard();
const place = document.getElementById('app');
if (place === null) throw new Error('The page has no place for the dashboard');
render(<App />, place);
