import { z } from 'zod';
import { resource } from '../runtime/resource.ts';
import { integer } from '../runtime/schema/fields.ts';

const Numbered = z.object({ number: integer() });

export const numbers = resource('numbers').from(Numbered);
