import './design/base.css'

import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { config } from 'zod'

import { App } from './app.tsx'

// The page's policy forbids to make functions of text, and zod would try.
config({ jitless: true })

const root = document.querySelector('#root')
if (root === null) throw new Error('index.html has no element #root; expected one for the page')
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
