import { Component, type ComponentChild, createRef } from 'preact';
import { Icon } from './icon.js';

export interface MenuItem {
  readonly label: string;
  readonly danger?: boolean;
  readonly act: () => void;
}

interface MenuProps {
  label: string;
  items: readonly MenuItem[];
  /** By Tab. */
  reached?: boolean;
}

/** A button with three dots that opens a list of actions. Arrow keys move; Escape closes, and so does leaving it. */
export class Menu extends Component<MenuProps, { open: boolean }> {
  override state = { open: false };
  private readonly box = createRef<HTMLDivElement>();
  private readonly onOutside = (event: Event): void => {
    if (event.target instanceof Node && !this.box.current?.contains(event.target)) this.close();
  };

  override componentWillUnmount(): void {
    document.removeEventListener('pointerdown', this.onOutside);
  }

  override render({ label, items, reached = true }: MenuProps): ComponentChild {
    const { open } = this.state;
    return (
      <div
        class="menu"
        ref={this.box}
        onFocusOut={({ relatedTarget, currentTarget }) => {
          // By Tab. A window that loses the focus, or a button that goes with the list, leads nowhere.
          if (open && relatedTarget instanceof Node && !currentTarget.contains(relatedTarget)) this.close();
        }}
      >
        <button
          type="button"
          class="icon-button"
          aria-label={label}
          aria-haspopup="menu"
          aria-expanded={open}
          tabIndex={reached ? 0 : -1}
          onClick={() => (open ? this.close() : this.open())}
        >
          <Icon name="more" />
        </button>
        {open ? (
          <div class="menu-items" role="menu" tabIndex={-1} onKeyDown={(event) => this.onKey(event)}>
            {items.map((item) => (
              <button
                key={item.label}
                type="button"
                role="menuitem"
                class={item.danger === true ? 'danger' : ''}
                onClick={() => {
                  this.close();
                  item.act();
                }}
              >
                {item.label}
              </button>
            ))}
          </div>
        ) : null}
      </div>
    );
  }

  private open(): void {
    this.setState({ open: true }, () => this.buttons()[0]?.focus());
    document.addEventListener('pointerdown', this.onOutside);
  }

  private close(): void {
    document.removeEventListener('pointerdown', this.onOutside);
    const inside = this.box.current?.querySelector('.menu-items')?.contains(document.activeElement) === true;
    this.setState({ open: false });
    if (inside) this.box.current?.querySelector('button')?.focus();
  }

  private buttons(): readonly HTMLElement[] {
    return [...(this.box.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
  }

  private onKey(event: KeyboardEvent): void {
    if (!this.state.open) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Escape') {
      event.preventDefault();
      this.close();
    } else if (step !== undefined) {
      event.preventDefault();
      const buttons = this.buttons();
      const at = buttons.indexOf(document.activeElement as HTMLElement);
      buttons[(at + step + buttons.length) % buttons.length]?.focus();
    }
  }
}
