import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

const root = document.querySelector('#root')
if (root === null) throw new Error('index.html has no element #root; expected one for the page')
createRoot(root).render(
  <StrictMode>
    <h1>Redemptions</h1>
  </StrictMode>,
)
