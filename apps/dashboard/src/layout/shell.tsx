import { Suspense } from 'react';
import { Link, NavLink, Outlet } from 'react-router';
import { useMay } from '../api/session';
import { SignedIn } from '../session/signed-in';
import { Who } from '../session/who';
import { Toasts } from '../ui/toasts';
import { AwayBar } from './away-bar';
import { ThemeSwitch } from './theme-switch';

const PAGES = [
  { path: '/', name: 'Fleet' },
  { path: '/jobs', name: 'Jobs' },
  { path: '/batches', name: 'Batches' },
  { path: '/predictions', name: 'Predictions' },
  { path: '/throughput', name: 'Throughput' },
  { path: '/simulate', name: 'Simulate' },
] as const;

export function Shell() {
  const pages = useMay('admin') ? [...PAGES, { path: '/access', name: 'Keys' }] : PAGES;
  return (
    <>
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <header className="top">
        <Link className="brand" to="/">
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M1 13V7l4-4v7l4-4v5l6-7v9z" />
          </svg>
          gistpool
        </Link>
        <nav aria-label="Pages">
          {pages.map(({ path, name }) => (
            <NavLink key={path} to={path} end={path === '/'}>
              {name}
            </NavLink>
          ))}
        </nav>
        <div className="end">
          <a href="/docs">API</a>
          <a href="/queues">Queues</a>
          <Who />
          <ThemeSwitch />
        </div>
      </header>
      <AwayBar />
      <main id="page" className="page" tabIndex={-1}>
        <SignedIn>
          <Suspense fallback={<p className="soft">Loading…</p>}>
            <Outlet />
          </Suspense>
        </SignedIn>
      </main>
      <Toasts />
    </>
  );
}
