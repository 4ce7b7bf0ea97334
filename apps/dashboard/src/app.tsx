import { QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { BrowserRouter, Route, Routes } from 'react-router';
import { queryClient } from './api/query-client';
import { FleetPage } from './fleet/fleet-page';
import { Shell } from './layout/shell';
import { NoSuchPage } from './layout/no-such-page';

// The first page comes with the program; each other page when it is first opened.
const JobsPage = lazy(async () => ({ default: (await import('./jobs/jobs-page')).JobsPage }));
const SubmitPage = lazy(async () => ({ default: (await import('./jobs/submit-page')).SubmitPage }));
const JobPage = lazy(async () => ({ default: (await import('./job/job-page')).JobPage }));
const BatchesPage = lazy(async () => ({ default: (await import('./batches/batches-page')).BatchesPage }));
const PredictionsPage = lazy(async () => ({
  default: (await import('./predictions/predictions-page')).PredictionsPage,
}));
const ThroughputPage = lazy(async () => ({
  default: (await import('./throughput/throughput-page')).ThroughputPage,
}));
const SimulatePage = lazy(async () => ({ default: (await import('./simulate/simulate-page')).SimulatePage }));
const AccessPage = lazy(async () => ({ default: (await import('./access/access-page')).AccessPage }));
const LoginPage = lazy(async () => ({ default: (await import('./session/login-page')).LoginPage }));

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <BrowserRouter>
        <Routes>
          <Route
            path="login"
            element={
              <Suspense>
                <LoginPage />
              </Suspense>
            }
          />
          <Route element={<Shell />}>
            <Route index element={<FleetPage />} />
            <Route path="jobs" element={<JobsPage />} />
            <Route path="jobs/:id" element={<JobPage />} />
            <Route path="submit" element={<SubmitPage />} />
            <Route path="batches" element={<BatchesPage />} />
            <Route path="batches/:id" element={<BatchesPage />} />
            <Route path="predictions" element={<PredictionsPage />} />
            <Route path="access" element={<AccessPage />} />
            <Route path="throughput" element={<ThroughputPage />} />
            <Route path="simulate" element={<SimulatePage />} />
            <Route path="*" element={<NoSuchPage />} />
          </Route>
        </Routes>
      </BrowserRouter>
    </QueryClientProvider>
  );
}
