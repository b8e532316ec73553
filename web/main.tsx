import { render } from 'preact';
import { Page } from './model/page.js';
import { App } from './view/app.js';

const root = document.getElementById('page');
if (root !== null) {
  const page = new Page();
  render(<App page={page} />, root);
  void page.start();
}
