import { show } from './visitor.js';

show();
