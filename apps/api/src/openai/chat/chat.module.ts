import { Module } from '@nestjs/common';
import { EventsModule } from '../../events/events.module';
import { JobsModule } from '../../jobs/jobs.module';
import { ChatController } from './chat.controller';
import { Completions } from './completions';

@Module({ imports: [EventsModule, JobsModule], controllers: [ChatController], providers: [Completions] })
export class ChatModule {}
