import { resource } from '../../../skeleton/base/src/runtime/resource.ts';
import { LineItem } from './line-item.ts';

export const moved = resource('moved').from(LineItem);
